export const sealedCases = () => ({ cases: [] })
