// Crops the picture that is chosen to a small square. The browser draws it anew, so that nothing of the file goes along: not where
// it was taken, nor when, nor with what. The server looks whether that is so.

const EDGE = 256
const LONGEST = 40 * 1024
const LARGEST_FILE = 30e6

const form = document.querySelector('form[data-crop]')
const said = form.querySelector('[data-said]')
const cropping = form.querySelector('[data-cropping]')
const canvas = form.querySelector('canvas')
const preview = form.querySelector('[data-preview]')
const measure = form.querySelector('[data-measure]')
const [zoom, across, down] = ['zoom', 'across', 'down'].map((id) => form.querySelector(`#${id}`))
let picture = null
let turn = 0
// The drawing that is under way: what is kept is what was last seen, however quickly the button is pressed.
let drawing = null

// A phone has a camera at hand; elsewhere the second field would do what the first does.
form.querySelector('[data-take]').hidden = !matchMedia('(pointer: coarse)').matches

// What of the picture is seen: a square, as large as it goes at the first step, moved within what is left over.
function seen() {
  const edge = (Math.min(picture.width, picture.height) * 100) / zoom.valueAsNumber
  const left = (picture.width - edge) * (across.valueAsNumber / 100)
  const top = (picture.height - edge) * (down.valueAsNumber / 100)
  return { edge, left, top }
}

function draw(target) {
  const { edge, left, top } = seen()
  const context = target.getContext('2d', { colorSpace: 'srgb' })
  context.imageSmoothingQuality = 'high'
  // Where it is transparent, paper shows.
  context.fillStyle = '#fff'
  context.fillRect(0, 0, target.width, target.height)
  context.drawImage(picture, left, top, edge, edge, 0, 0, target.width, target.height)
}

// A JPEG file without the segments in which browsers put a profile or an empty Exif header: all before the first scan.
function bare(bytes) {
  const kept = [bytes.subarray(0, 2)]
  let at = 2
  while (at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda) {
    const marker = bytes[at + 1]
    const next = at + 2 + bytes[at + 2] * 256 + bytes[at + 3]
    const beside = (marker >= 0xe1 && marker <= 0xef) || marker === 0xfe
    if (!beside) kept.push(bytes.subarray(at, next))
    at = next
  }
  kept.push(bytes.subarray(at))
  return new Uint8Array(kept.flatMap((part) => [...part]))
}

const encoded = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))

async function made() {
  const small = Object.assign(document.createElement('canvas'), { width: EDGE, height: EDGE })
  draw(small)
  for (const quality of [0.85, 0.75, 0.6, 0.45, 0.3]) {
    const file = await new Promise((done) => small.toBlob(done, 'image/jpeg', quality))
    const bytes = bare(new Uint8Array(await file.arrayBuffer()))
    if (bytes.length <= LONGEST) return bytes
  }
  throw new Error('too large')
}

function show() {
  draw(canvas)
  const mine = take(++turn).finally(() => { if (drawing === mine) drawing = null })
  drawing = mine
  return mine
}

async function take(now) {
  const bytes = await made()
  if (now !== turn) return
  form.elements.picture.value = `data:image/jpeg;base64,${encoded(bytes)}`
  preview.src = form.elements.picture.value
  measure.textContent = form.dataset.size.replace('0', String(Math.ceil(bytes.length / 1024)))
}

async function choose(event) {
  const [file] = event.target.files
  said.textContent = ''
  if (!file) return
  try {
    if (file.size > LARGEST_FILE) throw Object.assign(new Error('large'), { sentence: form.dataset.tooLarge })
    // The way up that the photograph names is turned into the picture itself.
    picture = await createImageBitmap(file, { imageOrientation: 'from-image' })
    Object.assign(zoom, { value: 100 })
    Object.assign(across, { value: 50 })
    Object.assign(down, { value: 50 })
    cropping.hidden = false
    await show()
    form.querySelector('#crop-title').focus()
  } catch (problem) {
    tell(problem)
  }
}

function tell(problem) {
  cropping.hidden = true
  form.elements.picture.value = ''
  said.textContent = problem.sentence ?? form.dataset.unreadable
}

for (const id of ['file', 'camera']) form.querySelector(`#${id}`).addEventListener('change', choose)
for (const slider of [zoom, across, down]) slider.addEventListener('input', () => picture && show().catch(tell))

// Dragging moves what is seen; the sliders do the same by keys.
let held = null
canvas.addEventListener('pointerdown', (event) => {
  if (!picture) return
  held = { x: event.clientX, y: event.clientY, across: across.valueAsNumber, down: down.valueAsNumber }
  canvas.setPointerCapture(event.pointerId)
})
canvas.addEventListener('pointermove', (event) => {
  if (!held) return
  const { edge } = seen()
  const scale = edge / canvas.clientWidth
  const moved = (from, by, room) => (room > 0 ? Math.min(100, Math.max(0, from - (by * scale * 100) / room)) : from)
  across.value = moved(held.across, event.clientX - held.x, picture.width - edge)
  down.value = moved(held.down, event.clientY - held.y, picture.height - edge)
  show().catch(tell)
})
for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, () => { held = null })

form.addEventListener('submit', (event) => {
  if (drawing || !form.elements.picture.value) event.preventDefault()
  if (drawing) drawing.then(() => form.requestSubmit(), tell)
})
