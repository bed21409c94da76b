// A QR code that is for something else than a wallet: `tel:+34600000000`.
const rows = `
#######..#....#######
#.....#.#.##..#.....#
#.###.#.....#.#.###.#
#.###.#..###..#.###.#
#.###.#.#..##.#.###.#
#.....#..###..#.....#
#######.#.#.#.#######
.........##..........
#.#.#.#..#..#...#..#.
###..#.#####.##....##
..##..##...#...######
#.####....####.....#.
.#.#..#..#.#..##...##
........##.#.#.##.#.#
#######...#.#.#.#.###
#.....#..#.#.#.#.#...
#.###.#.##..#.#.##.##
#.###.#..###.#...###.
#.###.#.#...#.#.#...#
#.....#...##.#..##.#.
#######.###.#.#....##
`.trim().split('\n')
const quiet = 4
const side = rows.length + 2 * quiet
const dark = rows.flatMap((row, y) => [...row].map((module, x) => (module === '#' ? `M${x + quiet} ${y + quiet}h1v1h-1z` : '')))

export const foreignCode = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side}" width="440" height="440" shape-rendering="crispEdges"><rect width="${side}" height="${side}" fill="#fff"/><path d="${dark.join('')}"/></svg>`
