// Reads a QR code through the camera or out of a picture, or the link on a tag, and hands what it holds to the form for links: there it
// is told what it is. Pictures stay in this browser.
const DECODER = "/decoder/3.1.6/reader/";
const PAUSE = 150;
const PATIENCE = 8000;
// Longest side of what is decoded, in pixels: a code on a screen has enough of them, and a phone is done in a moment.
const OF_A_FRAME = 1000;
const OF_A_PICTURE = 2000;

const place = document.querySelector("[data-scan]");
const form = document.querySelector('form[action="/open"]');
const [start, stop, tag] = ["start", "stop", "tag"].map((name) => place.querySelector(`[data-${name}]`));
const picture = place.querySelector("#picture");
const finder = place.querySelector(".finder");
const video = finder.querySelector("video");
const canvas = document.createElement("canvas");
const said = place.querySelector("[data-said]");
const say = (what) => { said.textContent = place.dataset[what] ?? ""; };

// ---- what is in a picture ----
const pixels = (image, longest) => {
  const [width, height] = [image.videoWidth ?? image.width, image.videoHeight ?? image.height];
  const scale = Math.min(1, longest / Math.max(width, height, 1));
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
};

const ofTheBrowser = async () => {
  try {
    if (!(await BarcodeDetector.getSupportedFormats()).includes("qr_code")) return null;
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async (image) => (await detector.detect(image)).map(({ rawValue }) => rawValue);
  } catch {
    return null;
  }
};

let loaded;
const ofOurs = () => {
  loaded ??= import(`${DECODER}index.js`).then(async ({ prepareZXingModule, readBarcodes }) => {
    await prepareZXingModule({ overrides: { locateFile: (name) => DECODER + name }, fireImmediately: true });
    return async (image, longest) => {
      const found = await readBarcodes(pixels(image, longest), { formats: ["QRCode"], tryHarder: true, maxNumberOfSymbols: 4 });
      return found.filter(({ isValid }) => isValid).map(({ text }) => text);
    };
  });
  loaded.catch(() => { loaded = undefined; });
  return loaded;
};

// That of the browser where it works, else ours.
let native = await ofTheBrowser();
const read = async (image, longest) => {
  if (native) {
    try {
      return await native(image);
    } catch {
      native = null;
    }
  }
  return (await ofOurs())(image, longest);
};

// ---- what was found ----
const found = (text) => {
  close();
  form.elements.link.value = text;
  if (!navigator.onLine) return say("offline");
  say("found");
  if (form.dataset.sent) return;
  form.dataset.sent = "yes";
  form.requestSubmit();
};

// ---- the camera ----
let stream = null;
let wanted = 0;
const isOpen = (turn) => turn === wanted && stream !== null;

function close() {
  wanted += 1;
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  video.srcObject = null;
  finder.hidden = true;
  stop.hidden = true;
  start.hidden = false;
}

const trouble = ({ name }) => {
  if (name === "NotAllowedError" || name === "SecurityError") return "refused";
  return name === "NotReadableError" || name === "AbortError" ? "busy" : "noCamera";
};

const open = async () => {
  const turn = ++wanted;
  start.hidden = true;
  say("asks");
  let got;
  try {
    got = await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 } } });
  } catch (problem) {
    if (turn === wanted) {
      close();
      say(trouble(problem));
    }
    return;
  }
  // Who has gone on meanwhile is looked at no more.
  if (turn !== wanted) return got.getTracks().forEach((track) => track.stop());
  stream = got;
  stream.getVideoTracks()[0].addEventListener("ended", () => {
    if (!isOpen(turn)) return;
    close();
    say("busy");
  });
  video.srcObject = stream;
  finder.hidden = false;
  stop.hidden = false;
  say("looks");
  await video.play().catch(() => {});
  look(turn, performance.now() + PATIENCE);
};

const look = async (turn, patient) => {
  while (isOpen(turn)) {
    try {
      const [text] = video.videoWidth ? await read(video, OF_A_FRAME) : [];
      if (!isOpen(turn)) return;
      if (text) return found(text);
    } catch {
      if (!isOpen(turn)) return;
      close();
      return say("noDecoder");
    }
    if (performance.now() > patient) {
      patient = Infinity;
      say("nothingYet");
      // One that finds nothing may be one that cannot.
      native = null;
    }
    await new Promise((done) => setTimeout(done, PAUSE));
  }
};

start.addEventListener("click", async () => {
  await open();
  if (stream) stop.focus();
});
stop.addEventListener("click", () => {
  close();
  say("stopped");
  start.focus();
});
// The light of the camera goes out with the page.
addEventListener("pagehide", close);
let paused = false;
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    paused = stream !== null;
    if (paused) close();
  } else if (paused) {
    paused = false;
    open();
  }
});
addEventListener("pageshow", ({ persisted }) => {
  delete form.dataset.sent;
  if (persisted) say("stopped");
});
addEventListener("offline", () => say("offline"));
addEventListener("online", () => say(stream ? "looks" : "stopped"));

// ---- a picture ----
picture.addEventListener("change", async () => {
  const [file] = picture.files;
  // The same one may be chosen again.
  if (!file) return;
  close();
  say("reads");
  let image;
  try {
    image = await createImageBitmap(file);
  } catch {
    picture.value = "";
    return say("noPicture");
  }
  picture.value = "";
  try {
    const [text] = await read(image, OF_A_PICTURE);
    // What the browser's own overlooks, ours may see.
    const [ours] = text || !native ? [text] : await (await ofOurs())(image, OF_A_PICTURE);
    if (ours) found(ours);
    else say("noCode");
  } catch {
    say("noDecoder");
  }
});

// ---- a tag ----
if ("NDEFReader" in window) {
  tag.hidden = false;
  tag.addEventListener("click", async () => {
    const reader = new NDEFReader();
    reader.addEventListener("reading", ({ message }) => {
      const link = [...message.records].find(({ recordType }) => recordType === "url" || recordType === "absolute-url");
      if (link) found(new TextDecoder().decode(link.data));
      else say("tagOther");
    });
    reader.addEventListener("readingerror", () => say("tagOther"));
    try {
      await reader.scan();
      close();
      say("tagWaits");
    } catch {
      say("tagRefused");
    }
  });
}

place.hidden = false;
if (navigator.mediaDevices?.getUserMedia) open();
else say("noCamera");
