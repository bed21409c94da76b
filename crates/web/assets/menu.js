// A menu that is open closes by the Escape key, which gives the focus back, and by a touch or a focus beside it.
const menu = document.querySelector("[data-menu]");
if (menu) {
  const beside = ({ target }) => {
    if (menu.open && !menu.contains(target)) menu.open = false;
  };
  addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  addEventListener("pointerdown", beside);
  addEventListener("focusin", beside);
  // Who comes back finds it closed.
  addEventListener("pageshow", () => { menu.open = false; });
}
