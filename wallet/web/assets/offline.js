// Without a network: the number that the member keeps on this device.
const place = document.querySelector("[data-offline]");
if (place && "caches" in window) {
  const kept = await caches.match("/kept-number", { cacheName: "kept-1" });
  if (kept) {
    const { number, office, picture } = await kept.json();
    place.querySelector(".digits").textContent = number;
    place.querySelector("[data-office]").textContent = office;
    const image = place.querySelector("img");
    if (picture.startsWith("data:image/svg+xml,")) image.src = picture;
    else image.remove();
    place.hidden = false;
  }
}
addEventListener("online", () => location.assign("/"));
