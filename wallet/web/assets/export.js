// Saves the file of a wallet, and then goes on to the page that says what follows: an answer that is a file would leave this one standing.
for (const form of document.querySelectorAll('form[data-saves]')) {
  let isUnderWay = false
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (isUnderWay) return
    isUnderWay = true
    const [button, told] = [form.querySelector('button'), form.querySelector('[data-said]')]
    button.setAttribute('aria-busy', 'true')
    told.textContent = ''
    try {
      // At a host the passphrase of the file stays in the browser (decision 0028).
      const isAtHost = form.dataset.keys !== undefined
      const added = isAtHost ? await (await import('/files.js')).begun(form) : {}
      const moves = new FormData(form).get('purpose') === 'move'
      const answer = await fetch(form.action, { method: 'POST', body: new URLSearchParams([...new FormData(form), ...Object.entries(added)]) })
      const name = answer.headers.get('content-disposition')?.match(/filename="([^"]+)"/)?.[1]
      // What is wrong is said by the page that the form itself leads to, sent as it was.
      if (!answer.ok || !name) {
        for (const [field, value] of Object.entries(added)) form.append(Object.assign(document.createElement('input'), { type: 'hidden', name: field, value }))
        return form.submit()
      }
      const link = document.createElement('a')
      link.href = URL.createObjectURL(await answer.blob())
      link.download = name
      link.click()
      for (const field of form.querySelectorAll('input[type=password]')) field.value = ''
      // Some browsers begin to save only after this turn, and leaving the page would end it.
      if (moves) return setTimeout(() => location.assign(form.dataset.then), 500)
      told.textContent = form.dataset.saves
    } catch (problem) {
      if (form.dataset.keys === undefined) return form.submit()
      told.textContent = problem.sentence ?? form.dataset.failed
    } finally {
      isUnderWay = false
      button.removeAttribute('aria-busy')
    }
  })
}
