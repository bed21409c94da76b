// The rules of a space, while they are written: what the member will see stands beside them at once. Without this script a button shows it.
const form = document.querySelector("form[data-rules]");
const shown = document.querySelector("#preview");
if (form && shown) {
  let waits = null;
  let turn = 0;
  const show = async () => {
    const own = ++turn;
    try {
      const answer = await fetch(form.dataset.rules, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { accept: "text/html", "passport-looks": "1" } });
      if (answer.redirected) return location.assign(answer.url);
      if (!answer.ok || own !== turn) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("#preview");
      if (fresh) shown.replaceChildren(...document.importNode(fresh, true).childNodes);
      // Another purpose has other details: those are of the page itself.
      const [rows, others] = [document.querySelector("#rows"), page.querySelector("#rows")];
      const names = (of) => [...of.querySelectorAll("[data-claim]")].map((row) => row.dataset.claim).sort().join();
      if (rows && others && names(rows) !== names(others)) rows.replaceChildren(...document.importNode(others, true).childNodes);
    } catch {
      // It is shown by the button, or with the next change.
    }
  };
  const soon = () => {
    clearTimeout(waits);
    waits = setTimeout(show, 300);
  };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
}
