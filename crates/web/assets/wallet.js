// Leads to the wallet that this browser remembers. The address stays in this browser: the host of the page never learns it.
const remembered = () => {
  try {
    return localStorage.getItem("wallet");
  } catch {
    return null;
  }
};

// The origin of an address that somebody typed: https, or a name of this machine, which browsers show without its scheme.
const origin = (typed) => {
  const text = typed.trim();
  const isOwn = (host) => host === "localhost" || host.endsWith(".localhost");
  const host = text.replace(/^https?:\/\//i, "").split(/[/?#:]/)[0].toLowerCase();
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(host) || !(host.includes(".") || isOwn(host))) return null;
  const scheme = isOwn(host) ? "http" : "https";
  try {
    const { protocol, origin } = new URL(/^https?:\/\//i.test(text) ? text : `${scheme}://${text}`);
    return protocol === "https:" || isOwn(host) ? origin : null;
  } catch {
    return null;
  }
};

for (const place of document.querySelectorAll("[data-wallet]")) {
  const button = place.querySelector("a.button");
  const [href, label] = [button.getAttribute("href"), button.textContent];
  const query = href.slice(href.indexOf("?"));
  const field = place.querySelector("input");
  const wrong = place.querySelector("[data-wrong]");
  const forget = place.querySelector("[data-forget]");

  const show = () => {
    const at = origin(remembered() ?? "");
    button.href = at ? `${at}/authorize${query}` : href;
    button.textContent = at ? place.dataset.wallet.replace("%host%", new URL(at).host) : label;
    forget.hidden = !at;
    field.value = at ?? "";
  };
  const keep = (change) => {
    try {
      change(localStorage);
    } catch {
      // A browser that keeps nothing is asked again.
    }
    show();
  };
  const remember = () => {
    const at = origin(field.value);
    wrong.hidden = Boolean(at);
    if (!at) return field.focus();
    keep((kept) => kept.setItem("wallet", at));
    button.focus();
  };
  place.querySelector("[data-remember]").addEventListener("click", remember);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") remember();
  });
  forget.addEventListener("click", () => keep((kept) => kept.removeItem("wallet")));
  place.querySelector("details").hidden = false;
  show();
}
