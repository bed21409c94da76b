// The alphabet and the check of a passport number, as somebody else would write them down.
const symbols = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const sum = (number) => [...number].reduce((total, symbol) => {
  const doubled = total << 1
  return (doubled & 0x20 ? doubled ^ 0x25 : doubled) ^ symbols.indexOf(symbol)
}, 0)
export const numbered = (body) => body + symbols[sum(`${body}0`)]
