// Turns pushes on and off in this browser. The server is given the address at which the browser's push service takes them, and
// nothing else.
const place = document.querySelector("[data-push]");
if (place) {
  const { key, known } = JSON.parse(place.dataset.push);
  const [said, on, off] = ["said", "turn-on", "turn-off"].map((name) => place.querySelector(`[data-${name}]`));
  const bytes = Uint8Array.from(atob(key.replace(/-/g, "+").replace(/_/g, "/")), (symbol) => symbol.charCodeAt(0));
  const base64url = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const idOf = async ({ endpoint }) => base64url(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint)));
  const isOurs = ({ options }) => !options?.applicationServerKey || base64url(options.applicationServerKey) === key;

  const show = (state) => {
    said.textContent = place.dataset[state];
    on.hidden = state !== "off" && state !== "failed";
    off.hidden = state !== "on";
  };
  const look = async () => {
    if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return show("unsupported");
    if (Notification.permission === "denied") return show("denied");
    const registration = await navigator.serviceWorker.ready;
    const subscription = await registration.pushManager.getSubscription();
    if (!subscription) return show("off");
    const id = await idOf(subscription);
    off.elements.browser.value = id;
    show(known.includes(id) && isOurs(subscription) && Notification.permission === "granted" ? "on" : "off");
  };

  let isSent = false;
  on.addEventListener("submit", async (event) => {
    if (on.elements.endpoint.value) return;
    event.preventDefault();
    if (isSent) return;
    isSent = true;
    try {
      if ((await Notification.requestPermission()) !== "granted") return show(Notification.permission === "denied" ? "denied" : "off");
      const { pushManager } = await navigator.serviceWorker.ready;
      let subscription = await pushManager.getSubscription();
      if (subscription && !isOurs(subscription)) {
        await subscription.unsubscribe();
        subscription = null;
      }
      subscription ??= await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes });
      on.elements.endpoint.value = subscription.endpoint;
      on.submit();
    } catch {
      show("failed");
    } finally {
      isSent = false;
    }
  });
  off.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const { pushManager } = await navigator.serviceWorker.ready;
      await (await pushManager.getSubscription())?.unsubscribe();
    } catch {
      // Told no more all the same: nobody pushes it.
    }
    off.submit();
  });
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
  look().catch(() => show("failed"));
}
