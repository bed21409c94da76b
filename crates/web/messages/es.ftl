# Las palabras de las pantallas. Las mismas claves y los mismos lugares que en.ftl.

## Frame
skip-to-content = Ir al contenido
footer-note = Tú decides qué recibe cada espacio. Lo que uno tiene de ti lo retiras en tu cartera mientras seas miembro, o pides a su equipo que lo borre.
language-switch = Idioma

## Actions
continue = Continuar
cancel = Cancelar
back = Volver
try-again = Intentar de nuevo
send = Enviar
share = Compartir
approve = Aprobar
refuse = Rechazar
save = Guardar
sign-in = Entrar
sign-out = Salir
take-back = Retirar
leave = Darse de baja
join = Unirse
print = Imprimir
copy = Copiar
copied = Copiado

## Components
error-summary-title = Revisa esto, por favor
field-needed = Necesario
field-optional = Opcional
code-label = Los 6 dígitos de tu teléfono
code-hint = Están en tu teléfono, en la página que se abrió después de compartir. Si tu cartera escribió una dirección en su lugar, ábrela.
code-wrong = Estos no son los dígitos de tu teléfono. Compruébalos y escríbelos de nuevo.
code-used-up = Era el último de 5 intentos.
code-digits = Escribe los 6 dígitos.
link-label = Enlace
qr-caption = Escanéalo con la cámara de tu teléfono
qr-alternative = Código QR con la misma dirección que el enlace de abajo
open-wallet = Abrir mi cartera
wallet-none = ¿No pasa nada? Entonces en este dispositivo no hay cartera. Por ahora hay una para el terminal; el equipo de tu espacio puede decirte cómo conseguirla.
waiting = Esperando a tu cartera
waiting-hint = Deja esta página abierta. Sigue sola.
waiting-lost = Se perdió la conexión. Intentando de nuevo.
refresh-hint = Esta página se vuelve a cargar sola cada pocos segundos.
minutes-left =
    { $minutes ->
        [one] Queda { $minutes } minuto
       *[other] Quedan { $minutes } minutos
    }

## Sharing
asked-by = { $space } pide
asked-for = Lo que pide { $space }
why = Por qué
needed = Necesario
optional = Opcional
checked-by = Comprobado por { $name }
own-details = Tus propios datos
who-sees = Quién lo ve
kept-until = Guardado hasta { $date }
audience-team = El equipo del espacio
audience-members = Miembros de este espacio
audience-brand = Miembros de todos los espacios de { $brand }
audience-public = Todo el mundo
proof-of-sharing = Prueba de lo compartido
network-number = Número de pasaporte de la red

## Joining a space
join-title = Únete a { $space }
join-intro = No hay formulario que rellenar. Tu cartera te muestra lo que pide { $space } y tú eliges qué compartir.
join-scan-title = Con tu teléfono
join-device-title = Cartera en este dispositivo
join-code-title = Escribe los dígitos
join-thanks-title = Te damos la bienvenida a { $space }
join-thanks-text = Tu registro está hecho. Tu cartera guarda la prueba de lo que compartiste.
join-waiting-title = { $space } tiene tu respuesta
join-waiting-text = Una persona del espacio la está mirando. Recibirás la decisión en tu cartera.
join-refused-title = { $space } no aceptó tu registro
join-expired-title = Tardó demasiado
join-expired-text = Aquí no se compartió nada. Empieza de nuevo cuando quieras.
join-start-again = Empezar de nuevo

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

## En un espacio
space-intro = { $space } forma parte de una red de espacios de coworking. Te unes con tu cartera, sin formulario ni contraseña, y tú decides qué recibe { $space }.
space-how-title = Cómo unirse
space-how-one = Abres la página para unirte, en tu teléfono o en cualquier pantalla.
space-how-two = Tu cartera te muestra quién pide, qué pide { $space } y por qué. Eliges y después compartes.
space-how-three = Recibes tu membresía y una prueba de lo compartido: exactamente lo que diste, firmado por el espacio.
asked-checked = Comprobado por una oficina de pasaportes
asked-either = Comprobado por una oficina de pasaportes, o tus propios datos
asked-membership = Membresía de un espacio de la red
asked-membership-from = Comprobado por ese espacio
asked-foreign = De un documento de otro emisor
join-device-text = Si tu cartera está en este teléfono u ordenador, ábrela aquí.
join-other-title = Cartera en otro dispositivo
join-scan-text = Si tu cartera está en otro dispositivo, escanea esto con él.
join-open = Abrir en mi cartera en este dispositivo
join-next = Ya he compartido
join-ends = El enlace y el código QR sirven durante 5 minutos y para una respuesta.
join-closed-title = Ahora no puedes unirte aquí
join-closed-text = { $space } no admite registros en esta página. Pregunta al equipo.
join-offer-title = ¿Tu cartera todavía no tiene la membresía?
join-offer-text = La mayoría de las carteras la recogen solas. Si la tuya no lo ha hecho, tómala de aquí.
join-offer-open = Guardar la membresía en mi cartera
sign-up-waiting-title = Esperando a tu cartera
sign-up-waiting-text = { $space } todavía no tiene respuesta. Comparte en tu cartera y esta página seguirá.
sign-up-code-wanted-title = Escribe los dígitos de tu teléfono
sign-up-code-wanted-text = Alguien ha respondido a { $space } con una cartera. Los 6 dígitos muestran que fuiste tú.
sign-up-joined-title = Te damos la bienvenida a { $space }
sign-up-joined-text = Tu registro está hecho. Tu cartera recibe tu membresía y la prueba de lo que compartiste.
sign-up-with-the-team-title = { $space } tiene tu respuesta
sign-up-with-the-team-text = Una persona del equipo la está mirando. Recibirás la decisión en tu cartera, y aquí mientras esta página esté abierta.
sign-up-team-waiting = Esperando al equipo
sign-up-declined-title = { $space } no aceptó tu registro
sign-up-declined-text = Lo que compartiste se ha borrado. El motivo y cómo reclamar están en tu cartera.
sign-up-not-shared-title = Elegiste no compartir
sign-up-not-shared-text = { $space } no ha recibido nada. Puedes empezar de nuevo cuando quieras.
sign-up-not-taken-title = { $space } no pudo aceptar lo que envió tu cartera
sign-up-not-taken-text = No se ha guardado nada. Tu cartera dice por qué; a menudo algo en ella es demasiado antiguo, y al abrirla se renueva.
sign-up-filed-title = No se escribieron los dígitos correctos
sign-up-filed-text = { $space } tiene lo que se compartió, pero esta pantalla no sabe que fuiste tú. Si fuiste tú, mira la respuesta en tu cartera.
sign-up-expired-title = Tardó demasiado
sign-up-expired-text = La solicitud ha terminado y { $space } no ha recibido nada. Empieza de nuevo cuando quieras.
sign-up-ended-title = En esta pantalla no hay nada abierto
sign-up-ended-text = Aquí no hay ningún registro, o no volvió a este navegador. Empieza de nuevo cuando quieras.
code-nothing-there = ¿No hay dígitos en tu teléfono ni una dirección en tu cartera? Entonces no respondiste tú: empieza de nuevo.
code-not-shown = Todavía no se ha mostrado ningún dígito. Abre antes la página en tu teléfono: tu cartera la abrió o escribió su dirección.
code-late = Estos dígitos ya no sirven. Valen 2 minutos.
return-other-browser-title = Este es otro navegador
return-other-browser-text = La solicitud se hizo en otro navegador que el que está abierto ahora. Para protegerte, { $space } ha borrado lo que se compartió. Si abriste tú la solicitud, empieza de nuevo y quédate en un solo navegador. Si te la envió alguien, no hagas nada.
return-too-late-title = Volviste demasiado tarde
return-too-late-text = Han pasado más de 3 minutos desde que compartiste, así que { $space } lo ha borrado. Empieza de nuevo cuando quieras.
return-over-title = Esta dirección ya se ha usado
return-over-text = Sirve una vez, justo después de compartir con { $space }. Si acabas de compartir, mira la página donde empezaste.
phone-title = Tus 6 dígitos
phone-text = Escríbelos en la pantalla donde escaneaste el código de { $space }.
phone-hint = Valen 2 minutos. Si vuelves a cargar esta página, recibes otros dígitos y los anteriores ya no valen.
phone-care-title = ¿No estás delante de esa pantalla?
phone-care-text = Entonces no digas estos dígitos a nadie. Quien los tenga podría unirse a { $space } en tu nombre. Lo que compartiste queda en el espacio; pide a su equipo que lo borre si no querías unirte.
phone-late-title = Los dígitos ya no sirven
phone-late-text = Ha pasado demasiado tiempo. { $space } tiene lo que compartiste, pero la pantalla no lo sabe. Mira la respuesta en tu cartera.
phone-over-title = Aquí no hay dígitos
phone-over-text = Esta dirección sirve una vez, justo después de compartir con { $space }. Mira la respuesta en tu cartera.
privacy-title = Qué pasa con lo que compartes
privacy-intro = { $space } ha registrado en la red por qué pide algo y cuánto tiempo lo guarda. No puede pedir más que esto, y tu cartera lo comprueba.
privacy-consent = Con qué fundamento: tú estás de acuerdo.
privacy-contract = Con qué fundamento: hace falta para tu contrato con el espacio.
privacy-obligation = Con qué fundamento: una ley lo exige.
privacy-interest = Con qué fundamento: el espacio tiene un interés propio que pesa más que el tuyo.
privacy-days =
    { $days ->
        [0] Se guarda mientras seas miembro y no después; si no llegas a serlo, no se guarda
        [one] Se guarda mientras seas miembro y { $days } día más; si no llegas a serlo, { $days } día desde que lo compartiste
       *[other] Se guarda mientras seas miembro y { $days } días más; si no llegas a serlo, { $days } días desde que lo compartiste
    }
privacy-rights-title = Qué puedes hacer
privacy-rights-space = Puedes ver lo que { $space } tiene de ti, hacer que se cambie o se borre, y oponerte. Como miembro lo haces en tu cartera: ver, cambiar, retirar, salir, oponerte. O pregunta al equipo, o a quien responde allí de la protección de datos.
privacy-rights-text = Puedes ver lo que { $space } tiene de ti, hacer que se cambie o se borre, y reclamar contra una decisión. Pregunta al equipo, o a quien responde allí de la protección de datos.
privacy-who-title = Quién es responsable
privacy-legal-name = Nombre legal
privacy-contact = Contacto
privacy-data-protection = Protección de datos
privacy-authority = Autoridad ante la que reclamar
poster-text = Escanéalo con tu teléfono. Si hay una etiqueta, acércale el teléfono.
poster-promise = Sin formulario ni contraseña. Tú decides qué recibe el espacio.
poster-qr = Código QR con la dirección { $address }
poster-tag = Para el equipo: escribe un registro en una etiqueta NFC (NTAG 213 o mayor) y bloquéala.
poster-tag-uri = Dirección:
poster-tag-record = Lo mismo en bytes:

## Invitaciones
join-by-number = Unirse con el número: lo escribes y tu cartera recibe una invitación
invited-title = { $space } te invita
invited-intro = No rellenas ningún formulario. Tu cartera te muestra lo que pide { $space } y tú eliges qué compartir.
invited-answered-title = Esta invitación ya tiene respuesta
invited-answered-text = { $space } tiene la respuesta. Si es la tuya, tu cartera recibe lo que sigue. Puedes cerrar esta página.
invited-gone-title = Esta invitación no funciona
invited-gone-text = Se ha acabado su tiempo o la dirección está mal escrita. Puedes unirte a { $space } en su propia página o pedir al equipo otra invitación.
here-title = { $space } pregunta: ¿eres tú?
here-intro = Alguien en { $space } ha dado tu número. Si eres tú, muestra tu membresía de { $space }; así el equipo ve qué miembro eres. Si no eres tú, no hagas nada.
number-title = Unirse a { $space } con el número
number-intro = Si el número y el correo electrónico son los de tu cartera, esta recibe una invitación de { $space }. Allí decides qué compartir.
number-hint = 13 letras y cifras. No importan los espacios, los guiones ni las minúsculas.
number-email-hint = La que tiene tu cartera. No se envía ningún correo.
number-missing = Escribe tu número de pasaporte de la red.
number-mistyped = Hay un error en este número: un símbolo está mal o dos están cambiados. Compáralo con el tuyo.
number-symbol = Un número de pasaporte de la red solo tiene letras y cifras, y ninguna U.
number-length = Un número de pasaporte de la red tiene 13 letras y cifras.
number-email-wrong = Escribe una dirección de correo, como nombre@example.org.
number-send = Invitar a mi cartera
number-kept = { $space } borra el número y la dirección en cuanto se envía la invitación, y como muy tarde después de una hora.
number-to-join = Unirse sin número
number-sent-title = Mira en tu cartera
number-sent-text = Si el número y el correo van juntos, la invitación de { $space } estará en el buzón de tu cartera en un momento. Vale una hora. ¿No hay nada? Revisa los dos y vuelve a intentarlo después de una hora, o pregunta al equipo.
number-sent-invited = O abre la invitación que ya tienes, en tu cartera o en un correo.
number-sent-back = Volver a la página de { $space }
number-too-many-title = Ahora no, por favor
number-too-many-text = { $space } ha enviado tantas invitaciones por número como puede por ahora. Únete en su página sin número o pregunta al equipo.
invite-mail-subject = { $space } te invita
invite-mail-text =
    { $space } te invita a unirte. Abre este enlace para ver lo que pide; tu cartera te lo muestra y tú eliges qué compartir:

    { $link }

    El enlace lleva a { $space } y no pide contraseña ni código. Si no lo esperabas, no hagas nada.

## Errors
error-missing-title = No hay nada aquí
error-missing-text = Puede que la dirección esté mal escrita o que lo que había aquí haya terminado.
error-forbidden-title = Esto no está abierto para ti
error-forbidden-text = Vuelve atrás, carga la página de nuevo e inténtalo otra vez.
error-too-large-title = Es demasiado grande
error-too-large-text = Envía algo más pequeño.
error-wrong-host-title = Este servidor no responde a ese nombre
error-wrong-host-text = Comprueba la dirección.
error-too-many-title = Demasiados intentos
error-too-many-text = Espera un minuto e inténtalo de nuevo.
error-busy-title = El servidor está ocupado
error-busy-text = Espera un momento y carga la página de nuevo.
error-request-title = No se pudo entender
error-request-text = Vuelve atrás, carga la página de nuevo e inténtalo otra vez.
error-server-title = Algo ha fallado aquí
error-server-text = No es culpa tuya. Inténtalo de nuevo en unos minutos.

## The demo's mails
demo-mail-title = Correos
demo-mail-intro = Aquí llegan todos los correos de esta red de prueba. Nada sale de esta máquina.
demo-mail-none = Todavía no ha llegado ningún correo.
