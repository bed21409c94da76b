// The passkeys of a space's team. The server asks, the authenticator answers, the server looks at the answer: nothing of it is decided
// here (WebAuthn Level 3 §5.1).
const encode = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const decode = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (symbol) => symbol.charCodeAt(0));
const withBytes = (known = []) => known.map((one) => ({ ...one, id: decode(one.id) }));

const asked = {
  sign: (options) => navigator.credentials.get({ publicKey: { ...options, challenge: decode(options.challenge), allowCredentials: withBytes(options.allowCredentials) } }),
  make: (options) => navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: decode(options.challenge),
      user: { ...options.user, id: decode(options.user.id) },
      excludeCredentials: withBytes(options.excludeCredentials),
    },
  }),
};

const answer = ({ id, type, response }) => {
  const given = Object.fromEntries(
    ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]
      .filter((name) => response[name])
      .map((name) => [name, encode(response[name])]),
  );
  return JSON.stringify({ id, rawId: id, type, response: given, extensions: {} });
};

const post = async (address, fields) => {
  const taken = await fetch(address, { method: "POST", body: new URLSearchParams(fields), headers: { accept: "application/json" } });
  if (!taken.ok) throw Object.assign(new Error("refused"), { status: taken.status });
  return taken.json();
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const { passkey: way, begin, finish, failed, none, refused } = form.dataset;
  const button = form.querySelector("button");
  const said = form.querySelector("[data-said]");
  if (!window.PublicKeyCredential) {
    button.hidden = true;
    said.textContent = none;
    continue;
  }
  button.hidden = false;
  let isUnderWay = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isUnderWay) return;
    isUnderWay = true;
    said.textContent = "";
    button.setAttribute("aria-busy", "true");
    const fields = Object.fromEntries(new FormData(form));
    try {
      const { options, ceremony } = await post(begin, fields);
      const credential = await asked[way](options);
      const { location: to } = await post(finish, { ...fields, ceremony, answer: answer(credential) });
      location.assign(to);
    } catch (problem) {
      said.textContent = problem.status ? refused : failed;
    } finally {
      isUnderWay = false;
      button.removeAttribute("aria-busy");
    }
  });
}
