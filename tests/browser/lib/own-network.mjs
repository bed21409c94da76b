// A journey in a network of its own: it counts who is there, and other journeys leave people behind.
import { startNetwork } from '../../interop/lib/passport.mjs'

export const inOwnNetwork = (journey) => async ({ report, browser }) => {
  const network = await startNetwork()
  try {
    await journey({ report, network, browser })
  } finally {
    await network.close()
  }
}
