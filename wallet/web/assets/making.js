// What goes with making a wallet: a passphrase that is typed can be looked at, and an invitation that is typed goes with a passkey too.
for (const button of document.querySelectorAll('[data-reveal]')) {
  const field = document.getElementById(button.dataset.reveal)
  const show = button.textContent
  button.hidden = false
  button.addEventListener('click', () => {
    const isHidden = field.type === 'password'
    field.type = isHidden ? 'text' : 'password'
    button.textContent = isHidden ? button.dataset.hide : show
    field.focus()
  })
  // What is sent is a password, so that browsers keep it as one.
  field.form.addEventListener('submit', () => {
    field.type = 'password'
  })
}

const typed = document.querySelector('[data-code]')
const make = document.querySelector('form[data-make]')
if (typed && make) typed.addEventListener('input', () => {
  make.elements.code.value = typed.value
})
