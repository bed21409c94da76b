## The demo's mails
demo-mail-title = Mails
demo-mail-intro = Every mail of this trial network arrives here. Nothing leaves this machine.
demo-mail-public = Every mail of this trial network is shown here to everybody. Type no address of your own: made-up ones do, and whoever opens a link here confirms them.
demo-mail-none = No mail has arrived yet.
