// One tick for both ways in: what stands beside the passphrase goes along with the passkey, too.
const tick = document.querySelector("#borrowed");
const along = document.querySelector('form[data-unlock] input[type="hidden"][name="borrowed"]');
if (tick && along) {
  const copy = () => { along.value = tick.checked ? tick.value : ""; };
  tick.addEventListener("change", copy);
  addEventListener("pageshow", copy);
  copy();
}
