## Joining a space
join-title = Únete a { $space }
join-intro = No hay formulario que rellenar. Tu cartera te muestra lo que pide { $space } y tú eliges qué compartir.
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
asked-goes-to = Sigue hacia { $to }: { $details }
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
sign-up-joined-text = Tu registro está hecho. Tu cartera recibe tu membresía y la prueba de lo que compartiste. Puedes cerrar esta página.
sign-up-with-the-team-title = { $space } tiene tu respuesta
sign-up-with-the-team-text = Una persona del equipo la está mirando. Recibirás la decisión en tu cartera, y aquí mientras esta página esté abierta.
sign-up-waiting-for-a-place-title = { $space } tiene tu respuesta, y no queda ninguna plaza
sign-up-waiting-for-a-place-text = Recibirás la próxima plaza libre sin volver a responder: tu cartera se enterará, y también esta página mientras esté abierta. Si prefieres no esperar, retira tus datos en la cartera.
sign-up-waiting-for-a-place-waiting = Esperando una plaza…
sign-up-with-the-team-waiting = Esperando al equipo
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
phone-then = Cuando esa pantalla diga que ha funcionado, cierra esta página. Lo demás llega a tu cartera.
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

## El portal: las entradas, iniciar sesión, y para quien todavía no puede entrar
sign-up-with-passport = Registrarse con Passport
sign-in-with-passport = Iniciar sesión con Passport
portal-number-title = Tengo un número de pasaporte
portal-number-text = Escribe tu número y tu correo electrónico, y tu cartera recibe una invitación de { $space }. No se envía ningún correo.
portal-number-link = Registrarse con el número
portal-phone-title = En tu teléfono
portal-phone-text = Escanea esto para registrarte en tu teléfono, o abre allí la dirección.
portal-phone-caption = Para la cámara de tu teléfono
portal-none-text = Tres pasos, una sola vez: una cartera, una membresía de un mostrador y el pasaporte.
portal-none-link = Cómo conseguir un pasaporte
member-pages = A tus páginas
shut-here-title = El registro en línea está cerrado por ahora
shut-here-text = Pregunta en el mostrador de { $space }: el equipo puede invitarte.
shut-title = { $space } no admite ahora registros en línea
shut-text = El equipo ha cerrado por ahora el registro en línea. Todavía puedes unirte en persona.
shut-then-title = Qué puedes hacer
shut-desk = Pregunta en el mostrador de { $space }. El equipo puede invitarte por tu número o por correo.
shut-invited = Si ya tienes una invitación, ábrela en tu cartera o desde el correo. Funciona.
shut-under-way = Si acabas de compartir algo con { $space }, cuenta. La respuesta está en tu cartera.
shut-member = ¿Ya eres miembro de { $space }?
sign-in-title = Iniciar sesión en { $space }
sign-in-intro = Muestra tu membresía de { $space } desde tu cartera. No hay contraseña, y { $space } no sabe nada nuevo de ti.
sign-in-next = Ya la he mostrado
sign-in-no-member = ¿Todavía no eres miembro de { $space }?
sign-in-not-here-title = Aquí todavía no se puede iniciar sesión
sign-in-not-here-text = { $space } no ha registrado en la red que los miembros inicien sesión en sus páginas. Pregunta al equipo.
sign-in-waiting-title = Esperando a tu cartera
sign-in-waiting-text = { $space } todavía no tiene respuesta. Muestra tu membresía en tu cartera y esta página seguirá.
sign-in-code-wanted-title = Escribe los dígitos de tu teléfono
sign-in-code-wanted-text = Alguien ha mostrado a { $space } una membresía. Los 6 dígitos muestran que fuiste tú. ¿No hay dígitos en tu teléfono? Entonces no fuiste tú: deja esta página.
sign-in-not-shared-title = Elegiste no mostrarla
sign-in-not-shared-text = { $space } no ha recibido nada y no has iniciado sesión.
sign-in-not-taken-title = { $space } no pudo aceptar lo que mostró tu cartera
sign-in-not-taken-text = Tu cartera dice por qué. Una membresía que ha terminado no sirve para iniciar sesión, y una demasiado antigua se renueva al abrir la cartera.
sign-in-expired-title = Tardó demasiado
sign-in-expired-text = La solicitud ha terminado y { $space } no ha recibido nada. Empieza de nuevo cuando quieras.
sign-in-ended-title = No has iniciado sesión
sign-in-ended-text = En este navegador no hay nada abierto, no se escribieron los dígitos o tu sesión ha terminado.
sign-in-return-other-browser = La solicitud se hizo en otro navegador que el que está abierto ahora, así que no se ha iniciado ninguna sesión. Si abriste tú la solicitud, empieza de nuevo y quédate en un solo navegador. Si te la envió alguien, no hagas nada.
sign-in-return-too-late = Han pasado más de 3 minutos desde que mostraste tu membresía, así que no se ha iniciado ninguna sesión. Empieza de nuevo cuando quieras.
sign-in-return-over = Sirve una vez, justo después de mostrar tu membresía, y solo mientras esta cuente. Empieza de nuevo para iniciar sesión en { $space }.
sign-in-phone-care-text = Entonces no digas estos dígitos a nadie. Quien los tenga iniciaría sesión en { $space } en tu nombre.
sign-in-phone-over = Con esto no se ha iniciado ninguna sesión. Empieza de nuevo en la pantalla donde quieres iniciarla.
member-title = Hola de nuevo en { $space }
member-text = Has iniciado sesión como miembro de { $space }.
member-membership = Tu membresía
member-plan = Plan
member-since = Desde
member-pages-title = Páginas de { $space }
member-page-book = Reservar una sala o una mesa
member-page-people = La gente de aquí
member-page-help = Ayuda
member-wallet = Lo que { $space } tiene de ti lo ves y lo cambias en tu cartera.
member-sign-out = Cerrar sesión
no-passport-title = Todavía no tengo pasaporte
no-passport-intro = Son tres pasos y se dan una sola vez. Después te unes a { $space } y a cualquier otro espacio de la red con un toque.
no-passport-wallet-title = 1. Consigue una cartera
no-passport-wallet-text = La cartera guarda tu pasaporte y tus datos, y solo tú la abres.
no-passport-wallet-own = O ten una cartera en un ordenador tuyo:
no-passport-wallet-ask = Pregunta al equipo de { $space } qué cartera recomienda, o ten una en un ordenador tuyo:
no-passport-desk-title = 2. Ve al mostrador de { $space }, o del espacio donde trabajas
no-passport-desk-text = Alguien del equipo te da una membresía: un código que escaneas con tu cartera.
no-passport-mail = ¿No puedes pasar? Pide al equipo una invitación por correo.
no-passport-office-title = 3. Consigue tu pasaporte
no-passport-office-text = Una oficina de pasaportes comprueba tu correo electrónico y da a tu cartera un pasaporte con un número tuyo. Abre una de estas con tu cartera:
no-passport-office-none = Pregunta en el mostrador cuál es esa oficina.
no-passport-then = Después vuelve y regístrate en { $space }.

## El directorio
people-title = La gente de { $space }
people-seen-member = Ves lo que la gente de aquí muestra a los miembros de { $space }, a su marca y a todo el mundo.
people-seen-brand = Ves lo que la gente de { $space } muestra a los miembros de los demás espacios de la marca y a todo el mundo.
people-seen-public = Ves lo que la gente de { $space } muestra a todo el mundo. Los miembros que inician sesión pueden ver más.
people-search = Buscar
people-search-hint = Un nombre, una empresa, una habilidad: entre lo que se te muestra.
people-search-button = Buscar
people-search-length = Escribe de 2 a 100 caracteres.
people-list = Quién está aquí
people-none = Todavía nadie muestra nada aquí.
people-found =
    { $count ->
        [0] No se encontró a nadie.
        [one] Se encontró a { $count } persona.
       *[other] Se encontró a { $count } personas.
    }
people-found-cut =
    { $count ->
        [one] Se encontró a más personas de las que se muestran aquí. Busca con más letras.
       *[other] Se encontró a más de { $count } personas. Busca con más letras.
    }
people-more = Más personas
people-all = Toda la gente que está aquí
people-own = Cada persona decide en su propia cartera qué se muestra aquí y a quién. Lo que oculta ya no está la próxima vez que se carga esta página.
people-for-text = La gente de { $space } se muestra a sus miembros y a los miembros de los demás espacios de su marca. Di cuál eres: tu cartera muestra tu membresía y nada más.
people-for-here = Soy miembro de { $space }
people-for-brand = Soy miembro de otro espacio de la marca
sign-in-brand-intro = Muestra desde tu cartera una membresía de otro espacio de la misma marca. Durante una hora ves lo que la gente de { $space } te muestra, y { $space } sabe de qué espacio eres miembro y nada más de ti.
people-nameless = Alguien sin nombre
people-picture = Foto de { $name }
people-checked = Comprobado por una oficina de pasaportes
people-yes = Sí
people-no = No
hello-title = Saludar
hello-text = Tus palabras van a la cartera de esta persona, con el nombre, la empresa y la función que muestras aquí. { $space } las guarda selladas hasta que llegan, un día como mucho. No se te dice si se leen; una respuesta llega a tu cartera.
hello-words = Lo que quieres decir
hello-hint = Hasta 500 caracteres. Di de qué se trata; una respuesta puede compartir contigo una dirección o un número.
hello-say = Saludar
hello-said = Saludaste el { $date }. Si responde, llega a tu cartera.
hello-nameless = Para saludar, muestra al menos tu nombre a los miembros de aquí, en tu cartera.
hello-no-inbox = Para saludar, deja que este espacio escriba a tu cartera: tu cartera le da un lugar para eso cuando das datos nuevos.
hello-unreachable = La cartera de esta persona no recibe mensajes de aquí.
hello-wrong-text = Escribe de 1 a 500 caracteres, sin signos que no se vean.
hello-too-many = Ya has saludado bastante por hoy. Inténtalo mañana.
hello-too-many-there = A esta persona ya la han saludado bastante por hoy. Inténtalo mañana.
hello-not-sent = Tus palabras no se enviaron; lo de abajo dice por qué.

## Sitios en los que inician sesión los miembros
site-consent-title = { $site } quiere iniciar tu sesión
site-consent-text = { $site } pregunta a { $space } quién eres. Tú decides qué recibe.
site-consent-gets = Recibe
site-consent-name = Un nombre que { $space } crea para ti y que otros sitios no conocen
site-consent-purpose = Para qué
site-consent-goes-to = Adónde va
site-consent-offline = También lo recibe cuando no estás, hasta que lo retires.
site-consent-yes = Sí, iniciar sesión
site-consent-no = No, volver
site-consent-hint = Solo se te pregunta una vez. En tu página de { $space } ves todos los sitios y puedes retirarlo.
site-unknown-title = Este enlace no lleva más allá
site-unknown-text = El sitio que te envió no es de { $space }, o su enlace no está completo. Nadie ha recibido nada. Vuelve atrás e inténtalo otra vez; si sigue igual, avisa al sitio.
site-logout-title = ¿Cerrar tu sesión en { $space }?
site-logout-text = Un sitio pide a { $space } que cierre tu sesión. Aquí sigues con la sesión iniciada.
site-logged-out-title = Has cerrado la sesión
site-logged-out-text = Has cerrado tu sesión en { $space } en este navegador.
site-gets-nothing = que eres miembro, y nada más
member-sites-title = Sitios en los que inicias sesión
member-sites-text = Estos sitios reciben esto de lo que diste a { $space }. Si lo retiras, un sitio no recibe nada más; lo que ya guardó, pídeselo al propio sitio.
member-sites-end = Terminar para { $site }
site-detail-name = Nombre completo
site-detail-given-name = Nombre
site-detail-family-name = Apellidos
site-detail-middle-name = Segundo nombre
site-detail-nickname = Apodo
site-detail-preferred-username = Nombre de usuario
site-detail-profile = Página de perfil
site-detail-picture = Foto
site-detail-website = Sitio web
site-detail-gender = Género
site-detail-birthdate = Fecha de nacimiento
site-detail-zoneinfo = Zona horaria
site-detail-locale = Idioma
site-detail-email = Correo electrónico
site-detail-phone-number = Teléfono
site-detail-address = Dirección
site-detail-company = Empresa
site-detail-role = Cargo
site-detail-bio = Sobre ti
site-detail-skills = Habilidades
site-detail-links = Enlaces
