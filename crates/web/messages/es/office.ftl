## Checking an e-mail address
email-title = Confirma tu dirección de correo
email-label = Dirección de correo
email-text = Alguien pidió a { $office } un pasaporte de la red con la dirección de correo a la que se envió el enlace de esta página.
email-meaning = Si fuiste tú, confírmala. Los datos comprobados de quien lo pidió dirán que esta dirección es suya.
email-not-you-title = ¿No fuiste tú?
email-not-you-text = Entonces no hagas nada. Sin ti no se da ningún pasaporte, y { $office } borra lo que tiene al cabo de un día.
email-confirm = Confirmar mi dirección para mi pasaporte
email-done-title = Tu dirección está confirmada
email-done-text = Puedes cerrar esta página y volver a tu cartera.
email-expired-title = Este enlace ya no sirve
email-expired-text = Si ya has confirmado tu dirección, todo está bien: mira en tu cartera. Si no, empieza de nuevo en la oficina de pasaportes.
email-mail-subject = Confirma tu dirección de correo
email-mail-text =
    Alguien, probablemente tú, pidió a { $office } un pasaporte de la red con esta dirección de correo.

    Si fuiste tú, abre este enlace y confirma la dirección:

    { $link }

    Si no fuiste tú, no hagas nada y no des el enlace a nadie. Quien lo pidió podría usarlo para presentar esta dirección como suya. Sin el enlace no se da ningún pasaporte, y lo que compartió se borra al cabo de un día.

## En una oficina de pasaportes
office-title = Oficina de pasaportes
office-intro = { $office } te da tu número de pasaporte de la red y comprueba tus datos, para que ningún espacio tenga que volver a comprobarlos.
office-start = Obtener un pasaporte
office-before-title = Antes de empezar
office-before-text = Tu cartera necesita dos cosas de tu espacio de origen: tu membresía y su palabra sobre tu nombre y tu fecha de nacimiento. Pídelas a su equipo.
office-checks-title = Qué se comprueba
office-check-name = Nombre y fecha de nacimiento
office-check-name-text = Tu espacio de origen los avala.
office-check-email = Correo electrónico
office-check-email-text = Recibes un correo con un enlace.
office-check-phone = Teléfono
office-check-phone-text = Todavía no disponible.
office-kept-title = Qué guarda la oficina
office-kept-text = Tu número, la dirección de red que hizo tu cartera, y cómo y qué día se comprobó algo. Tu nombre, fecha de nacimiento y correo se borran en cuanto tu cartera los tiene, y como muy tarde en un día.
office-privacy-ground = La oficina lo pide para darte un pasaporte de la red y no enseña a nadie lo que ha visto. Con qué fundamento: hace falta para su contrato contigo.
passport-title = Obtén un pasaporte de la red
passport-intro = Muestra a esta oficina tu membresía y la palabra de tu espacio de origen sobre tu nombre, y dile una dirección de correo. Tu cartera te pregunta antes.
passport-next = Ya he compartido
passport-open-title = Esperando a tu cartera
passport-open-text = { $office } todavía no tiene respuesta. Comparte en tu cartera y esta página seguirá.
passport-answered-title = Ahora mira tu correo
passport-answered-text = { $office } ha enviado un correo a la dirección que compartiste. Abre el enlace y confirma la dirección.
passport-wallet-title = Después tu cartera hace el resto
passport-wallet-text = Recoge tu pasaporte en cuanto la dirección está confirmada o, en una oficina donde una persona mira antes cada solicitud, en cuanto esa persona ha dado su acuerdo. Puedes cerrar esta página.
passport-mail-again = Enviar el correo otra vez
passport-mail-sent-title = Otro correo está en camino
passport-mail-sent-text = Usa el enlace que trae. El enlace anterior ya no sirve.
passport-mail-soon-title = Espera un minuto
passport-mail-soon-text = El último correo puede estar todavía en camino. Dentro de un minuto puedes pedir que se envíe otra vez.
passport-mail-often-title = Ya hubo 3 correos
passport-mail-often-text = Mira donde tu programa de correo guarda lo que toma por publicidad. Si no llegó nada, empieza de nuevo y comprueba la dirección que compartes.
passport-refused-title = Esto no ha funcionado
passport-refused-text = { $office } no ha podido aceptar lo que compartió tu cartera, o elegiste no compartir. No se ha guardado nada. Tu cartera dice por qué.
passport-ended-title = Ha tardado demasiado
passport-ended-text = La solicitud ha terminado y { $office } no ha guardado nada. Empieza de nuevo cuando quieras.
passport-ready-title = De vuelta a tu cartera
passport-ready-text = { $office } tiene lo que necesita.
authorize-title = Una cartera en { $host } pide: { $what }
authorize-text = Primero muestra a { $office } quién eres, como todo el mundo. Cuando tu dirección de correo esté confirmada, este navegador vuelve a { $host } y la cartera de allí recibe lo que pide. Si no empezaste allí, vuelve sin ello.
authorize-desk-text = El personal de { $office } ha comprobado tus datos. Si sigues, este navegador vuelve a { $host } y la cartera de allí los recibe. Si no empezaste allí, vuelve sin ellos.
authorize-continue = Seguir a { $host }
authorize-cancel = Volver a { $host } sin ello
authorize-browser-title = Abre el enlace en este navegador
authorize-browser-text = Solo funciona en este navegador. Después esta página vuelve sola a { $host }. Si después sigue esperando aquí, la cartera con la que respondiste todavía no ha dejado su identificador: ejecuta en ella `passport wallet collect`.
authorize-ended-title = Esta solicitud ya no sirve
authorize-ended-text = Ya se usó, tardó demasiado o se empezó en otro navegador. Vuelve a tu cartera y empieza allí de nuevo. No se dio nada.
email-old-title = Este enlace es demasiado antiguo
email-old-text = Valía un día. Empieza de nuevo en la oficina de pasaportes.
email-wallet = Después este navegador vuelve a { $host } y la cartera de allí recibe lo que se pidió. Si no empezaste allí, no confirmes.
email-elsewhere-title = Abre este enlace donde empezaste
email-elsewhere-text = Solo funciona en el navegador en el que empezaste, porque allí espera una cartera. Si no empezaste nada, no hagas nada: sin ti no se da nada.

## At the operator of a network: the link that an applicant's contact was mailed
apply-title = Confirma una solicitud
apply-text = { $party }, en { $host }, solicita entrar en { $network } y dice que este enlace va a su contacto.
apply-meaning = Si eres tú, confírmalo. Entonces tu dirección figura en lo que la red dice del espacio, para que miembros y autoridades puedan escribir.
apply-button = Confirmar esta dirección
apply-not-you = Si no eres tú, no hagas nada: sin ti nadie entra con tu dirección.
apply-done-title = Tu dirección está confirmada
apply-done-text = Puedes cerrar esta página. El espacio se entera por sí mismo de lo que fue de su solicitud.
apply-gone-title = Este enlace ya no vale
apply-gone-text = Funciona una vez, durante un día. Si la dirección se confirmó, todo está bien; si no, vuelve a solicitarlo.
apply-mail-subject = Confirma una solicitud a { $network }
apply-mail-text =
    { $party } solicita entrar en { $network } y dio esta dirección como la de su contacto.

    Si es así, abre este enlace y confírmalo:

    { $link }

    Si no lo es, no hagas nada. El enlace vale durante un día.
