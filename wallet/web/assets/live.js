// Keeps the parts of a page that are marked (`data-live`) as they are now: the server says that something changed, and of which kind;
// the page fetches itself and takes the changed parts over. Nothing is taken from under the hands of whoever types, the focus stays
// where it was, and what is new is said once. Without this script the page shows the same when it is loaded again.
const teller = document.querySelector("[data-live-since]");
const LOOKS = { accept: "text/html", "passport-looks": "1" };
let source = null;
let since = teller.dataset.liveSince;
let pause = 5000;

const parts = (kinds) =>
  [...document.querySelectorAll("[data-live]")].filter((part) => part.dataset.live.split(" ").some((kind) => kinds.has(kind)));

// What was sent from this page leads on by itself, also where it locks the wallet; only where nothing came of it, the page goes.
let isSent = false;
addEventListener("submit", () => {
  isSent = true;
  setTimeout(() => { isSent = false; }, 10000);
});

// A locked wallet shows nothing: the page goes, to the one that opens it and leads back.
const away = async () => {
  close();
  if (isSent) return setTimeout(away, 10000);
  let to = "/unlock";
  try {
    const answer = await fetch(location.href, { headers: LOOKS, cache: "no-store" });
    if (answer.redirected) to = answer.url;
  } catch {
    // Without a network it is the page for that.
  }
  location.replace(to);
};

// ---- taking over ----
// What is only there to be sent differs each time it is written.
const shown = (part) => {
  const copy = part.cloneNode(true);
  for (const one of copy.querySelectorAll("[data-whole]")) one.replaceWith(one.dataset.whole);
  for (const field of copy.querySelectorAll('input[type="hidden"]')) field.remove();
  return copy.innerHTML;
};
const fields = "input:not([type=hidden]), textarea, select";
const isChanged = (field) =>
  "checked" in field && /^(checkbox|radio)$/.test(field.type) ? field.checked !== field.defaultChecked
  : field.tagName === "SELECT" ? [...field.options].some((option) => option.selected !== option.defaultSelected)
  : field.value !== field.defaultValue;
const isUnderHands = (part) =>
  document.activeElement?.matches(fields) && part.contains(document.activeElement)
  || [...part.querySelectorAll(fields)].some(isChanged);

// The way to the element that has the focus, so that the one in its place has it afterwards.
const mark = (part) => {
  const at = document.activeElement;
  if (!at || at === part || !part.contains(at)) return null;
  const same = (other) => other.tagName === at.tagName && ["id", "href", "name", "value", "aria-label"].every((name) => other.getAttribute(name) === at.getAttribute(name));
  const position = [...part.querySelectorAll(at.tagName)].filter(same).indexOf(at);
  return (fresh) => [...fresh.querySelectorAll(at.tagName)].filter(same)[position];
};

const put = (part, fresh) => {
  const find = mark(part);
  part.replaceChildren(...fresh.childNodes);
  if (!find) return;
  const at = find(part);
  if (at) return at.focus({ preventScroll: true });
  // What had the focus is gone: whoever goes on by keys goes on from here.
  part.tabIndex = -1;
  part.focus({ preventScroll: true });
};

let putOff = new Set();
let isAtWork = false;
const take = async (kinds) => {
  for (const kind of kinds) putOff.add(kind);
  if (isAtWork) return;
  isAtWork = true;
  try {
    while (putOff.size) {
      const wanted = parts(putOff);
      putOff = new Set();
      if (wanted.length) await takeOver(wanted);
    }
  } finally {
    isAtWork = false;
  }
};

const takeOver = async (wanted) => {
  let answer;
  try {
    answer = await fetch(location.href, { headers: LOOKS, cache: "no-store" });
  } catch {
    return later(wanted);
  }
  if (answer.redirected && new URL(answer.url).pathname === "/unlock") return location.replace(answer.url);
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  let isNew = false;
  for (const part of wanted) {
    const fresh = page.getElementById(part.id);
    // It is another page by now.
    if (!fresh) return location.assign(location.href);
    if (!part.isConnected || shown(fresh) === shown(part)) continue;
    if (isUnderHands(part)) {
      later([part]);
      continue;
    }
    put(part, document.importNode(fresh, true));
    isNew = true;
  }
  if (isNew) say();
};

// It is said again if it is said twice: an empty text between makes it another one.
const say = () => {
  teller.textContent = "";
  setTimeout(() => { teller.textContent = teller.dataset.news; }, 100);
};

let waits = null;
const later = (wanted) => {
  const kinds = new Set(wanted.flatMap((part) => part.dataset.live.split(" ")));
  clearTimeout(waits);
  waits = setTimeout(() => take(kinds), 5000);
};

// ---- whole ----
// A day is not broken at the end of a line, nor is a word with a hyphen; the time of a day is that of whoever reads it.
const WHOLE = /\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2}(?::\d{2})? UTC)?|\be-mail\b/gi;
const AS_IT_IS = "script, style, textarea, select, code, [data-whole], [role=status], [role=alert]";
const two = (number) => String(number).padStart(2, "0");
const local = (text) => {
  const time = new Date(`${text.slice(0, 10)}T${text.slice(11, -4)}Z`);
  if (Number.isNaN(time.getTime()) || time.getTimezoneOffset() === 0) return text;
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join("-");
  const clock = [two(time.getHours()), two(time.getMinutes())].concat(text.length > 20 ? two(time.getSeconds()) : []);
  return `${day} ${clock.join(":")}`;
};
const whole = (text) => {
  const one = Object.assign(document.createElement("span"), { className: "whole", textContent: text });
  one.dataset.whole = text;
  if (!text.endsWith(" UTC")) return one;
  one.textContent = local(text);
  if (one.textContent !== text) one.title = text;
  return one;
};
const keepWhole = (root) => {
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) {
    const { data, parentElement } = texts.currentNode;
    if (data.search(WHOLE) >= 0 && parentElement && !parentElement.closest(AS_IT_IS)) found.push(texts.currentNode);
  }
  for (const text of found) {
    const parts = [];
    let from = 0;
    for (const { 0: said, index } of text.data.matchAll(WHOLE)) {
      parts.push(text.data.slice(from, index), whole(said));
      from = index + said.length;
    }
    text.replaceWith(...parts, text.data.slice(from));
  }
};
const main = document.querySelector("main");
if (main) {
  keepWhole(main);
  new MutationObserver((changes) => {
    for (const { target } of changes) if (target.isConnected) keepWhole(target);
  }).observe(main, { childList: true, subtree: true });
}

// ---- hearing ----
function close() {
  source?.close();
  source = null;
}

const open = () => {
  if (source || document.hidden || !navigator.onLine || !("EventSource" in window)) return;
  source = new EventSource(`/live?since=${encodeURIComponent(since)}`);
  source.addEventListener("open", () => { pause = 5000; });
  source.addEventListener("changed", ({ data, lastEventId }) => {
    since = lastEventId;
    const kinds = new Set(data.split(" ").filter(Boolean));
    if (!kinds.size) return;
    document.dispatchEvent(new CustomEvent("passport-changed", { detail: kinds }));
    take(kinds);
  });
  source.addEventListener("locked", away);
  // Another page of this wallet has its place, until this one is looked at again.
  source.addEventListener("enough", close);
  source.addEventListener("error", () => {
    // The browser comes back by itself, but not after each answer.
    if (source?.readyState !== EventSource.CLOSED) return;
    source = null;
    setTimeout(open, pause);
    pause = Math.min(pause * 2, 60000);
  });
};

document.addEventListener("visibilitychange", () => document.hidden ? close() : open());
addEventListener("offline", close);
addEventListener("online", open);
addEventListener("pagehide", close);
addEventListener("pageshow", open);
addEventListener("focus", open);
open();
