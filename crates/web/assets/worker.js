// A browser without workers, or in which they are off, shows the pages all the same.
if ('serviceWorker' in navigator) {
  navigator.serviceWorker.register('/worker.js', { scope: '/' }).catch(() => {})
}
