export const attestedCases = () => ({ cases: [] })
