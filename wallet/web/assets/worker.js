// Keeps the style and the scripts of the pages, so that they come up at once, and one page for when there is no network. Nothing else
// of a page is kept: what is on it is the member's, and a locked wallet shows nothing. What the member keeps on purpose lies in KEPT.
const NAME = 'shell-2'
const KEPT = 'kept-1'
const OFFLINE = '/offline'

self.addEventListener('install', (event) => {
  const page = fetch(OFFLINE, { cache: 'no-store' }).then(async (answer) => {
    if (!answer.ok) return
    const shell = await caches.open(NAME)
    const text = await answer.clone().text()
    await shell.put(OFFLINE, answer)
    // What that page needs is kept with it, whatever was looked at before.
    const needed = [...text.matchAll(/(?:src|href)="(\/(?:assets\/[^"]+|offline\.js))"/g)].map(([, path]) => path)
    await shell.addAll(needed)
  })
  event.waitUntil(page)
})

self.addEventListener('activate', (event) => {
  const others = caches.keys().then((names) => Promise.all(names.filter((name) => ![NAME, KEPT].includes(name)).map((name) => caches.delete(name))))
  // With it a page that makes something when somebody comes to it is still told that somebody does: what a worker fetches is not.
  event.waitUntil(others.then(() => self.registration.navigationPreload?.enable()).then(() => self.clients.claim()))
})

// Pages that would refuse what this worker fetches by itself.
const FOR_PEOPLE = ['/authorize', '/open']

const shown = async (event) => {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request))
  } catch {
    return (await caches.match(OFFLINE, { cacheName: NAME })) ?? Response.error()
  }
}

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { pathname, origin } = new URL(request.url)
  if (request.method !== 'GET' || origin !== self.location.origin) return
  if (request.mode === 'navigate') {
    if (self.registration.navigationPreload || !FOR_PEOPLE.includes(pathname)) event.respondWith(shown(event))
    return
  }
  if (pathname === '/offline.js') {
    event.respondWith(fetch(request).catch(async () => (await caches.match(request, { cacheName: NAME })) ?? Response.error()))
    return
  }
  // The address of an asset holds a hash of it: what is kept is what would come.
  if (!pathname.startsWith('/assets/')) return
  event.respondWith(
    caches.open(NAME).then(async (kept) => {
      const found = await kept.match(request)
      if (found) return found
      const answer = await fetch(request)
      if (answer.ok) await kept.put(request, answer.clone())
      return answer
    }),
  )
})

// Something came: that is all this worker knows, since a push holds nothing. One line on the screen, however often it is told.
const NEWS = { en: 'There is news in your wallet', es: 'Hay novedades en tu cartera' }
const news = () => NEWS[(self.navigator.language ?? 'en').slice(0, 2)] ?? NEWS.en

self.addEventListener('push', (event) => {
  event.waitUntil(self.registration.showNotification(news(), { tag: 'news', icon: '/icon-192.png' }))
})

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  const shown = self.clients.matchAll({ type: 'window' }).then(async ([open]) => (open ? open.focus() : self.clients.openWindow('/')))
  event.waitUntil(shown)
})

// The browser is called otherwise from now on; the wallet may be locked, so only the address is told.
self.addEventListener('pushsubscriptionchange', (event) => {
  const told = async () => {
    const { oldSubscription: before } = event
    if (!before) return
    const now = event.newSubscription ?? (await self.registration.pushManager.subscribe(before.options))
    await fetch('/notices/renewed', { method: 'POST', body: new URLSearchParams({ before: before.endpoint, now: now.endpoint }) })
  }
  event.waitUntil(told())
})
