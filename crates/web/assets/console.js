// The console of a space's team: keys, and parts of a page that are kept as they are now. Without this script everything is there by
// links and buttons, and a page that is loaded again shows how it stands.

// ---- keys ----
// Single letters count outside of fields alone, never with another key held, and can be switched off (WCAG 2.2, 2.1.4).
const SWITCH = "console-keys-off";
const help = document.querySelector("[data-console-keys]");
// What was focused in a dialog has the focus until the next frame after that was closed.
const isField = (target) => target.matches?.("input, textarea, select, [contenteditable]") && !target.closest("dialog:not([open])");
const areOff = () => {
  try { return localStorage.getItem(SWITCH) === "1"; } catch { return false; }
};
const rows = () => [...document.querySelectorAll("[data-row]")];
const current = () => document.activeElement?.closest?.("[data-row]");
const go = (step) => {
  const all = rows();
  const at = all.indexOf(current());
  const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step];
  if (!next) return;
  next.tabIndex = -1;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
};
// Pages that have a letter on every page: the menu leads there, as far as the role may.
const PLACES = { "h": "/console", "/": "/console/contacts" };
const press = (key) => {
  // In a list one chooses first, also where there is one alone: what a letter does about somebody cannot be undone.
  const isOfRows = rows().some((row) => row.querySelector(`[data-key="${key}"]`));
  if (isOfRows && !current()) return go(1);
  const within = current() ?? document;
  const found = within.querySelector(`[data-key="${key}"]`)
    ?? document.querySelector(`main [data-key="${key}"]:not([data-row] *)`)
    ?? (PLACES[key] && document.querySelector(`.menu a[href="${PLACES[key]}"]`));
  if (!found) return;
  if (found.tagName === "DETAILS") {
    found.open = true;
    return found.querySelector("textarea, input:not([type=hidden]), select, button")?.focus();
  }
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(found.tagName)) return found.focus();
  found.click();
};
addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  const unfolded = key === "Escape" && target.closest?.("details[data-key][open]");
  if (unfolded) {
    event.preventDefault();
    unfolded.open = false;
    return unfolded.querySelector("summary").focus();
  }
  if (isField(target) || document.querySelector("dialog[open]")) return;
  if (areOff()) return;
  if (key === "?" && help) {
    event.preventDefault();
    return help.showModal();
  }
  if (key === "j" || key === "k") {
    event.preventDefault();
    return go(key === "j" ? 1 : -1);
  }
  if (/^[a-z/]$/.test(key)) {
    if (PLACES[key] || document.querySelector(`[data-key="${key}"]`)) event.preventDefault();
    press(key);
  }
});
if (help) {
  const box = help.querySelector("input[type=checkbox]");
  box.checked = !areOff();
  box.addEventListener("change", () => {
    try {
      if (box.checked) localStorage.removeItem(SWITCH);
      else localStorage.setItem(SWITCH, "1");
    } catch {
      // Then it holds for this page alone, and the box says how it stands.
    }
  });
  for (const opener of document.querySelectorAll("[data-open-keys]")) {
    opener.hidden = false;
    opener.addEventListener("click", () => help.showModal());
  }
}

// ---- times ----
// Pages are made with times in UTC; here they are said in the zone of the browser, which is named. What people gave stays as it is.
const STAMP = /(\d{4}-\d\d-\d\d) (\d\d:\d\d) UTC/g;
const zoned = new Intl.DateTimeFormat(document.documentElement.lang, {
  year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short",
});
const timed = (day, time) => {
  const element = document.createElement("time");
  element.dateTime = `${day}T${time}Z`;
  const part = Object.fromEntries(zoned.formatToParts(new Date(element.dateTime)).map(({ type, value }) => [type, value]));
  element.textContent = `${part.year}-${part.month}-${part.day} ${part.hour}:${part.minute} ${part.timeZoneName}`;
  return element;
};
const inOwnZone = (root) => {
  if (!root) return;
  const walker = root.ownerDocument.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const { currentNode: node } = walker;
    if (node.data.match(STAMP) && !node.parentElement.closest("time, textarea, option, [data-as-given]")) found.push(node);
  }
  for (const node of found) {
    const parts = node.data.split(STAMP);
    // One element: where a line lays its children out, its text stays one piece.
    const line = document.createElement("span");
    for (let at = 0; at < parts.length; at += 3) {
      line.append(parts[at]);
      if (at + 2 < parts.length) line.append(timed(parts[at + 1], parts[at + 2]));
    }
    node.replaceWith(line);
  }
};
inOwnZone(document.querySelector("main"));

// ---- what answers a form ----
// It stands at the address of what was done: loaded again, it is the page that it shows.
const shown = document.querySelector("[data-address]")?.dataset.address;
if (shown) history.replaceState(null, "", shown);

// ---- live ----
const teller = document.querySelector("[data-live-since]");
let since = teller?.dataset.liveSince ?? "";
let source = null;
const offline = document.querySelector("[data-offline]");
const lost = (is) => { if (offline) offline.hidden = !is; };

const fields = "input:not([type=hidden]), textarea, select";
const isUnderHands = (part) =>
  (document.activeElement?.matches(fields) && part.contains(document.activeElement))
  || [...part.querySelectorAll(fields)].some((field) => field.tagName !== "SELECT" && field.type !== "checkbox" && field.value !== field.defaultValue);
const plain = (part) => {
  const copy = part.cloneNode(true);
  for (const field of copy.querySelectorAll("input[type=hidden]")) field.remove();
  // Where one goes on after something was done is no news.
  for (const one of copy.querySelectorAll("[autofocus]")) {
    one.removeAttribute("autofocus");
    one.removeAttribute("aria-describedby");
  }
  for (const one of copy.querySelectorAll("[tabindex]")) one.removeAttribute("tabindex");
  return copy.innerHTML;
};
const mark = (part) => {
  const at = document.activeElement;
  if (!at || !part.contains(at)) return null;
  const row = at.closest("[data-row]");
  const key = at.dataset.key;
  return () => {
    const same = row && part.querySelector(`[data-row="${CSS.escape(row.dataset.row)}"]`);
    const to = (same && key && same.querySelector(`[data-key="${key}"]`)) || same || part;
    to.tabIndex = to.tabIndex >= 0 ? to.tabIndex : -1;
    to.focus({ preventScroll: true });
  };
};
let waits = null;
const take = async () => {
  clearTimeout(waits);
  const wanted = [...document.querySelectorAll("[data-live]")];
  if (!wanted.length) return;
  // A page that answers a form stands at an address that shows nothing by itself: its parts say where they are from.
  const from = wanted[0].dataset.live;
  let answer;
  try {
    answer = await fetch(location.pathname === from ? location.href : from, { headers: { accept: "text/html", "passport-looks": "1" }, cache: "no-store" });
  } catch {
    waits = setTimeout(take, 5000);
    return;
  }
  if (answer.redirected) return location.assign(answer.url);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  let isNew = false;
  for (const part of wanted) {
    const fresh = page.getElementById(part.id);
    inOwnZone(fresh);
    if (!fresh || !part.isConnected || plain(fresh) === plain(part)) continue;
    if (isUnderHands(part)) {
      waits = setTimeout(take, 5000);
      continue;
    }
    const back = mark(part);
    part.replaceChildren(...document.importNode(fresh, true).childNodes);
    back?.();
    isNew = true;
  }
  if (!isNew) return;
  teller.textContent = "";
  setTimeout(() => { teller.textContent = teller.dataset.news; }, 100);
};
const close = () => {
  source?.close();
  source = null;
};
const open = () => {
  if (!teller || source || document.hidden || !("EventSource" in window)) return;
  source = new EventSource(`/console/live?since=${encodeURIComponent(since)}`);
  source.addEventListener("open", () => lost(false));
  source.addEventListener("changed", ({ lastEventId }) => {
    since = lastEventId;
    take();
  });
  source.addEventListener("ended", () => {
    close();
    location.reload();
  });
  source.addEventListener("error", () => {
    lost(true);
    if (source?.readyState !== EventSource.CLOSED) return;
    source = null;
    setTimeout(open, 5000);
  });
};
document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
addEventListener("offline", () => lost(true));
addEventListener("online", open);
addEventListener("pagehide", close);
addEventListener("pageshow", open);
open();

// ---- the screen at the desk ----
// It locks itself: what is at it is gone from the page, too.
const desk = document.querySelector("[data-locks-after]");
if (desk) {
  const after = Number(desk.dataset.locksAfter) * 1000;
  let idle = null;
  const lock = () => desk.querySelector("form[data-lock]").submit();
  const stir = () => {
    clearTimeout(idle);
    idle = setTimeout(lock, after);
  };
  for (const kind of ["pointerdown", "keydown", "touchstart"]) addEventListener(kind, stir, { passive: true });
  stir();
}
