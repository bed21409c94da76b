// What the fake camera of Chromium shows: a film of one picture, in the YUV4MPEG2 format (`--use-file-for-fake-video-capture`).
import { writeFileSync } from 'node:fs'

const [width, height, frames] = [640, 480, 10]

// The lightness of each pixel of a white wall on which the SVG of a QR code hangs; nothing hangs there without one. `page` draws it.
export const wallWith = (page, svg) =>
  page.evaluate(
    async ({ svg, width, height }) => {
      const canvas = Object.assign(document.createElement('canvas'), { width, height })
      const context = canvas.getContext('2d')
      context.fillStyle = '#fff'
      context.fillRect(0, 0, width, height)
      if (svg) {
        const image = new Image()
        image.src = `data:image/svg+xml,${encodeURIComponent(svg)}`
        await image.decode()
        context.imageSmoothingEnabled = false
        context.drawImage(image, (width - 440) / 2, (height - 440) / 2, 440, 440)
      }
      const { data } = context.getImageData(0, 0, width, height)
      return Array.from({ length: width * height }, (_, at) => data[at * 4])
    },
    { svg, width, height },
  )

// The SVG of the first QR code on a page.
export const codeOn = (page) => page.locator('svg.qr').first().evaluate((svg) => new XMLSerializer().serializeToString(svg))

export function writeFilm(file, lightness) {
  const grey = Buffer.alloc((width / 2) * (height / 2) * 2, 128)
  const frame = Buffer.concat([Buffer.from('FRAME\n'), Buffer.from(lightness), grey])
  writeFileSync(file, Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\n`), ...Array(frames).fill(frame)]))
}
