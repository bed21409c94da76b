// Prints the card, and keeps the member's number on this device, where they want that: it is shown without a network, and while the
// wallet is locked.
const print = document.querySelector("[data-print]");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}

const place = document.querySelector("[data-keep]");
if (place && "caches" in window && "serviceWorker" in navigator) {
  const KEPT = "kept-1";
  const WHERE = "/kept-number";
  const [keep, forget] = [place.querySelector("[data-keep-it]"), place.querySelector("[data-forget-it]")];
  const said = place.querySelector("[data-said]");
  const code = document.querySelector(".qr");
  const picture = code ? `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(code))}` : "";
  const { number, office } = place.dataset;
  const put = async () => (await caches.open(KEPT)).put(WHERE, Response.json({ number, office, picture }));
  const show = (isKept) => {
    keep.hidden = isKept;
    forget.hidden = !isKept;
    said.textContent = isKept ? place.dataset.kept : "";
  };
  const change = (work, isKept) => async () => {
    await work();
    show(isKept);
    (isKept ? forget : keep).focus();
  };
  keep.addEventListener("click", change(put, true));
  forget.addEventListener("click", change(() => caches.delete(KEPT), false));
  const known = await caches.match(WHERE, { cacheName: KEPT });
  // A number that has changed is kept as it is now.
  if (known) await put();
  show(Boolean(known));
  place.hidden = false;
}
