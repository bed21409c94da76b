// <passport-button>: a link to a space's own pages, on any web site. It keeps nothing and calls nobody; pressed, it leads to the space.
(() => {
  const space = {};
  const name = "passport-button";
  if (!("customElements" in globalThis) || customElements.get(name)) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { display: inline-block; }
    :host([hidden]), a[hidden] { display: none; }
    a:not([hidden]) { box-sizing: border-box; display: inline-block; min-height: 2.75rem; padding: 0.6rem 1.25rem; border: 2px solid ${space.text}; border-radius: 0.625rem; background: ${space.ground}; color: ${space.text}; font: 600 1rem/1.4 system-ui, sans-serif; text-align: center; text-decoration: none; }
    a[data-size="small"] { min-height: 2rem; padding: 0.25rem 0.75rem; font-size: 0.875rem; }
    a[data-size="large"] { min-height: 3.25rem; padding: 0.8rem 1.75rem; font-size: 1.25rem; }
    a:hover { text-decoration: underline; }
    a:focus-visible { outline: 3px solid #1a56c4; outline-offset: 2px; box-shadow: 0 0 0 8px #fff; }
    @media (prefers-color-scheme: dark) { a:focus-visible { outline-color: #8fb8ff; box-shadow: 0 0 0 8px #000; } }
    @media (forced-colors: active) { a { border-color: LinkText; } }
  `);
  customElements.define(name, class extends HTMLElement {
    static observedAttributes = ["for", "lang", "size"];
    #link = document.createElement("a");
    constructor() {
      super();
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [sheet];
      // The pages of a space stand in no frame, so a button within one leads out of it.
      this.#link.target = "_top";
      this.#link.rel = "noreferrer";
      root.append(this.#link);
    }
    connectedCallback() {
      this.#show();
    }
    attributeChangedCallback() {
      if (this.isConnected) this.#show();
    }
    #show() {
      const way = this.getAttribute("for") === "sign-in" ? "sign-in" : "sign-up";
      const tag = this.closest("[lang]")?.getAttribute("lang") ?? "";
      const words = /^es\b/i.test(tag) ? space.es : space.en;
      const size = this.getAttribute("size");
      this.#link.hidden = !space[way];
      this.#link.href = space[way] || "about:blank";
      this.#link.textContent = words[way];
      this.#link.setAttribute("aria-label", `${words[way]} – ${space.name}`);
      this.#link.dataset.size = size === "small" || size === "large" ? size : "usual";
    }
  });
})();
