## The demo's mails
demo-mail-title = Correos
demo-mail-intro = Aquí llegan todos los correos de esta red de prueba. Nada sale de esta máquina.
demo-mail-public = Todos los correos de esta red de prueba se muestran aquí a todo el mundo. No escribas ninguna dirección tuya: sirven las inventadas, y quien abre aquí un enlace las confirma.
demo-mail-none = Todavía no ha llegado ningún correo.
