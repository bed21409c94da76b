# Las páginas del equipo de un espacio: la consola.

## Frame
console-site = { $space }, consola
console-foot = Has entrado como { $name } ({ $role }). Cada vez que alguien mira lo que dieron los miembros queda anotado, con tu nombre.
console-foot-outside = Aquí trabaja el equipo del espacio. Los miembros no lo necesitan.
console-news = Ha llegado algo nuevo. Ya está en la página.
console-offline = Se ha perdido la conexión. Lo que ves puede ser antiguo. Se intenta de nuevo.
console-keys = Atajos
console-menu-today = Hoy
console-menu-people = Personas y tablas
console-menu-rules = Reglas y notas
console-menu-connections = Conexiones
console-menu-team = Equipo y acceso
console-keys-on = Las letras sueltas funcionan como teclas
console-key-help = esta lista
console-key-next = siguiente de la lista
console-key-previous = anterior de la lista
console-key-approve = aprobar
console-key-decline = rechazar
console-key-more = pedir más, u otra cosa
console-key-open = abrir
console-key-invite = invitar
console-key-search = buscar
console-key-first = primera página
console-no-right-title = Tu función no abre esto
console-no-right-text = Has entrado como { $role }. Si lo necesitas, pide a una persona propietaria del espacio que cambie tu función.
console-never = nunca

## Roles
console-role-owner = Propiedad
console-role-owner-text = Puede hacerlo todo, y dice quién está en el equipo.
console-role-manager = Gestión
console-role-manager-text = Puede hacerlo todo menos cambiar el equipo o dejar la red.
console-role-desk = Recepción
console-role-desk-text = Ve y decide las solicitudes, ve los contactos, invita.
console-role-auditor = Auditoría
console-role-auditor-text = Ve reglas, cifras y quién miró qué. Nunca lo que dieron los miembros.

## Signing in
console-sign-in-title = Entrar en la consola
console-sign-in-text = Para el equipo de { $space }.
console-sign-in-button = Entrar con una llave de acceso
console-sign-in-lost = ¿Has perdido todas tus llaves? Una persona propietaria del espacio te hace otro enlace, o quien lleva su servidor.
console-passkey-failed = La llave de acceso no respondió. Prueba otra vez, o con otra.
console-passkey-refused = Esto no se ha aceptado. Vuelve a cargar la página y prueba otra vez.
console-passkey-none = Este navegador no tiene llaves de acceso. Usa otro navegador o dispositivo.
console-passkey-script = Las llaves de acceso necesitan scripts. Actívalos para esta página.
console-enter-title = Te damos la bienvenida al equipo
console-enter-text = { $name }, crea en este dispositivo una llave de acceso para la consola de { $space }. Desde entonces entras con ella; no hay contraseñas.
console-enter-once = Este enlace funciona una vez.
console-passkey-label = Cómo llamar a esta llave
console-passkey-label-hint = Para reconocerla después en una lista, por ejemplo «tableta de recepción».
console-passkey-make = Crear una llave de acceso
console-link-over-title = Este enlace ya no vale
console-link-over-text = Ya se usó, o se acabó su tiempo. Si tienes una llave de acceso, entra con ella. Si no, pide otro enlace a una persona propietaria del espacio.

## Own access
console-access = Tu acceso
console-passkeys = Tus llaves de acceso
console-passkey-facts = creada { $made }, usada por última vez { $used }
console-passkey-remove-of = Quitar la llave { $name }
console-passkey-remove-hint = Al quitar una se cierra tu sesión en todo lo demás, y terminan tus enlaces a otros dispositivos y las pantallas de puertas que abriste: pueden estar en otras manos.
console-passkey-here = Crear una llave en este dispositivo
console-passkey-last-title = La última llave se queda
console-passkey-last-text = Sin ella no podrías entrar. Crea otra primero.
console-remove = Quitar
console-end = Cerrar
console-sessions = Dónde has entrado
console-session-this = aquí
console-session-facts = desde { $began }, usada por última vez { $seen }
console-session-end-of = Cerrar la sesión que empezó { $began }
console-sessions-text = Una sesión se cierra tras 8 horas sin uso, y en todo caso a los 7 días.
console-device-link-button = Enlace para otro dispositivo
console-device-link-title = Tu enlace para otro dispositivo
console-device-link-text = Ábrelo en el otro dispositivo antes de 10 minutos. Funciona una vez y no se vuelve a mostrar.
console-link-qr = Escanéalo con la cámara del dispositivo que tendrá la llave.

## Team
console-team = Equipo
console-team-who = Quién está en el equipo
console-team-you = tú
console-team-change = Cambiar a { $name }
console-team-role = Función
console-team-role-change = Cambiar función
console-team-role-missing = Elige una función.
console-team-again = Enlace nuevo: perdió todas las llaves
console-team-end = Quitar el acceso
console-team-change-hint = Cada una de estas acciones cierra al momento las sesiones de la persona. Un enlace nuevo quita también sus llaves.
console-team-invite = Incluir a alguien en el equipo
console-team-name = Nombre
console-team-invite-button = Crear un enlace
console-team-link-title = Enlace para { $name }
console-team-link-text = Dáselo tú a { $name }. Funciona una vez, durante un día, y no se vuelve a mostrar. Quien lo abra primero crea la llave.
console-team-again-title = El enlace nuevo
console-team-again-text = Dáselo tú a la persona. Funciona una vez, durante un día, y no se vuelve a mostrar. Las llaves y sesiones anteriores se han terminado.
console-team-bad-name = Un nombre tiene de 1 a 64 letras, cifras, espacios, y - _ . '
console-team-taken = Ya hay alguien con este nombre.
console-team-last-owner = La última persona propietaria se queda. Pon antes a otra.
console-team-nobody = Esta persona ya no está en el equipo.
console-team-too-many = El equipo ya es tan grande como puede ser.
console-person-invited = tiene un enlace, y aún ninguna llave
console-person-seen = última vez aquí { $at }
console-person-unseen = tiene una llave

## First page
console-first = Lo que espera
console-waiting = Solicitudes
console-waiting-count =
    { $count ->
        [0] No espera nadie. Quien se inscriba aparece aquí por sí solo.
        [one] Espera { $count } persona
       *[other] Esperan { $count } personas
    }
console-waiting-many = Esperan más de 50 personas; aquí están quienes llevan más tiempo.
console-since = lleva { $waited }, desde { $at }
console-minutes =
    { $count ->
        [one] { $count } minuto
       *[other] { $count } minutos
    }
console-hours =
    { $count ->
        [one] { $count } hora
       *[other] { $count } horas
    }
console-days =
    { $count ->
        [one] { $count } día
       *[other] { $count } días
    }
console-nameless = No se pidió ningún nombre
console-name-hidden = Nombre que ven otras personas del equipo
console-name-hidden-owner-and-managers = Nombre que ven propiedad y gestión
console-name-hidden-owner = Nombre que ve la propiedad
console-note-less = Dio menos de lo pedido: no { $names }
console-note-again = Respondió otra vez, después de que pidierais otra cosa
console-note-asked = Se le pidió otra cosa { $at }; aún no ha respondido
console-approve-of = Aprobar: { $name }
console-decline = Rechazar
console-decline-of = Rechazar: { $name }
console-decline-button = Rechazar, y borrar lo compartido
console-reason = Por qué
console-reason-hint = Lo lee quien lo solicitó. Puede quedar vacío.
console-more = Pedir más
console-more-of = Pedir más, u otra cosa: { $name }
console-done-approved = Aprobada: { $name }. Su cartera recoge la membresía por sí sola.
console-done-declined = Rechazada: { $name }. Lo compartido está borrado.
console-done-asked = Pedido otra vez: { $name }. Su cartera muestra la pregunta.
console-place = el número { $place } de la lista
console-not-decided-title = No se ha cambiado nada
console-approved-by = { $name } ya ha aprobado esta solicitud.
console-declined-by = { $name } ya ha rechazado esta solicitud. Lo compartido está borrado.
console-approved-already = Esta solicitud ya está aprobada.
console-declined-already = Esta solicitud ya está rechazada. Lo compartido está borrado.
console-sign-up-gone = Esta solicitud ya no está: se acabó su tiempo, o se respondió otra vez.
console-qr-title = Inscribirse aquí
console-qr-caption = Los miembros lo escanean con el teléfono: abre la página en la que se inscriben.
console-invite-title = Invitar a inscribirse
console-invite-whom = Número de pasaporte de la red, o dirección de correo
console-invite-hint = No se dice si alguien tiene ese número.
console-invite-button = Enviar la invitación
console-invite-missing = Escribe un número de pasaporte de la red o una dirección de correo.
console-invite-open = Ya hay una invitación abierta para esto.
console-invite-too-many = El equipo ha enviado tantas invitaciones como puede en una hora. Prueba más tarde.
console-invite-no-form = Este espacio no tiene ningún formulario, o tiene varios. Invita desde el terminal y nombra uno.
console-invite-cannot = Este espacio no puede enviar esta invitación. Quien lleva su servidor encuentra el motivo en el registro.
console-invited = La invitación está en camino.
console-due-title = Por borrar
console-due-none-late = No hay nada atrasado.
console-due-none = Nada vence en una semana.
console-soon-line = { $names }: { $at }
console-overdue-title = Atrasado por borrar
console-overdue-line = { $names }: vencía { $at }
console-overdue-text = Se borra por sí solo, así que algo está roto. Avisa hoy a quien lleva el servidor.
console-keys-overdue =
    { $count ->
        [one] Lo borrado aún puede leerse con { $count } clave
       *[other] Lo borrado aún puede leerse con { $count } claves
    }
console-objections-wait =
    { $count ->
        [one] Espera { $count } objeción
       *[other] Esperan { $count } objeciones
    }

## People
console-contacts = Personas
console-members = Miembros
console-members-count =
    { $count ->
        [0] Aún no hay ningún miembro.
        [one] { $count } persona, primero la más reciente
       *[other] { $count } personas, primero las más recientes
    }
console-member-since = miembro desde { $at }
console-member-before = Un miembro de antes, sin datos aquí
console-ended = terminada { $at }
console-earlier = Más recientes
console-later = Más antiguas
console-search = Buscar
console-search-hint = Nombre, correo, empresa: lo que la gente dio. Cada búsqueda queda anotada como una mirada a todas las personas, sin lo que buscaste.
console-search-button = Buscar
console-search-short = Escribe de 2 a 100 caracteres.
console-search-imported = de una tabla
console-search-found =
    { $count ->
        [0] No se encontró a nadie.
        [one] Se encontró a { $count } persona.
       *[other] Se encontró a { $count } personas.
    }
console-search-cut = Puede haber más: busca algo más largo.
console-search-in = en: { $names }
console-sign-up = Solicitud
console-sign-up-facts = { $form }, respondida { $at }
console-given = Lo que dio esta persona
console-given-gone = Ya no se guarda nada.
console-show-values = Mostrar lo que dio
console-show-values-hint = Queda anotado que miraste, con tu nombre.
console-held-since = guardado desde { $at }
console-kept-until = hasta { $at }
console-kept-days = mientras sea miembro, y { $count } días después
console-kept-member = mientras sea miembro
console-hidden = Dado, lo ven otras personas del equipo
console-hidden-owner-and-managers = Dado, lo ven propiedad y gestión
console-hidden-owner = Dado, lo ve la propiedad
console-inbox = Se puede escribir a esta persona por su cartera.
console-no-inbox = No se puede escribir a esta persona por su cartera.
console-no-inbox-mail = No se puede escribir a esta persona por su cartera. Escríbele al correo que dio.
console-word-office = Comprobado por una oficina de pasaportes
console-word-space = La palabra de otro espacio
console-word-own = Su propia palabra
console-word-foreign = Comprobado por { $who }
console-value-picture = una foto
console-value-yes = sí
console-value-no = no
console-membership = Membresía
console-offer-again = Ofrecer otra vez la membresía
console-offer-title = La oferta
console-offer-text = Que la persona lo escanee en su cartera antes de 10 minutos. Las ofertas anteriores ya no valen.
console-offer-too-often = Hoy se ha ofrecido cinco veces. La última oferta aún vale, o prueba mañana.
console-offer-enough = Hay tantas copias de esta membresía como puede haber. Prueba cuando algunas hayan caducado.
console-member-gone = Este miembro ya no está.
console-end-membership = Terminar la membresía
console-end-membership-text = Ninguna copia vale desde ese momento. Lo que dio la persona se guarda el tiempo prometido y después se borra.
console-end-membership-button = Terminarla ahora
console-ask-title = Pedir más, u otra cosa
console-ask-text = Su cartera muestra la pregunta durante una semana. Lo que responda ocupa el lugar de lo que dio.
console-ask-without = Dejar fuera
console-ask-form = Formulario
console-ask-same-form = el mismo
console-ask-button = Pedir
console-ask-nothing = Elige otro formulario, o qué dejar fuera: se pediría lo mismo otra vez.
console-ask-cannot = Esto no se puede pedir: { $why }

## Looks
console-looks = Quién miró
console-looks-text = Cada vez que alguien miró nombres o lo que dieron los miembros, primero lo más reciente. La misma persona que mira la misma lista en diez minutos cuenta una vez. Se guarda un año.
console-looks-none = Aún no ha mirado nadie.
console-look-when = Cuándo
console-look-who = Quién
console-look-what = Qué
console-look-names = Qué datos
console-look-terminal = en el terminal
console-look-program = el programa con la clave «{ $name }»
console-look-nobody = ya no está en el equipo
console-look-contact = todo lo que dio una persona
console-look-contact-name = el nombre de una persona
console-look-objections = objeciones
console-look-sign-ups =
    { $count ->
        [one] el nombre de { $count } persona que espera
       *[other] los nombres de { $count } personas que esperan
    }
console-look-members =
    { $count ->
        [one] el nombre de { $count } miembro
       *[other] los nombres de { $count } miembros
    }
console-look-search =
    { $count ->
        [one] una búsqueda en { $count } persona
       *[other] una búsqueda en { $count } personas
    }

## Why
console-refused = Respuestas rechazadas
console-refused-text = Peticiones de las últimas horas cuya última respuesta se rechazó: por qué, y qué hacer. Aquí no hay datos.
console-refused-none = No se rechazó ninguna.
console-refused-facts = { $form }, abierta hasta { $until }
console-refused-expired = Nadie respondió a tiempo, o lo que se mostró era demasiado antiguo
console-refused-expired-do = Muestra un código QR nuevo. Quien no pudo entrar abre antes su cartera: recoge copias nuevas.
console-refused-access-denied = El miembro prefirió no compartir
console-refused-access-denied-do = No hay nada que hacer. Se acepta otra respuesta mientras la petición esté abierta.
console-refused-session-mismatch = La respuesta volvió en otro navegador, o demasiado tarde
console-refused-session-mismatch-do = No se guardó nada. Hay que empezar otra vez en el navegador que sigue.
console-refused-stale = La respuesta se hizo para otro momento o para otra parte
console-refused-stale-do = Hay que empezar otra vez con una petición nueva. Si pasa a menudo, avisa a quien lleva el servidor.
console-refused-revoked = Lo que se mostró ya no vale
console-refused-revoked-do = El miembro pregunta a la oficina o al espacio que se lo dio.
console-refused-missing = No se dio todo lo que hace falta
console-refused-missing-do = El miembro comparte lo marcado como necesario, u ofrece otra cosa. Pregúntate si lo necesitas.
console-refused-invalid = Un dato no dice nada, o no es lo que dice su nombre
console-refused-invalid-do = El miembro mira sus datos en la cartera, los corrige y responde otra vez.
console-refused-untrusted = Está firmado por quien no puede, o reunido de dos carteras
console-refused-untrusted-do = No aceptes nada de esta persona por otra vía antes de saber quién es.
console-refused-later = Ahora mismo no se pudo saber si vale
console-refused-later-do = La cartera lo envía otra vez por sí sola.
console-refused-other = La cartera envió algo defectuoso
console-refused-other-do = Hay que empezar otra vez. Si sigue igual, di a quien lleva el servidor la palabra de abajo.
console-offers = Ofrecido en su lugar
console-offers-text = Lo que se ofreció en lugar de lo pedido, y lo que dijeron vuestras reglas. Muestra lo que a la gente no le gusta dar.
console-offers-none = Nadie ofreció otra cosa en los últimos 90 días.
console-offer-left-out = No dado: { $names }
console-offer-instead = Ofrecido en su lugar: { $names }
console-offer-anew = Con menos bastaba: se pidió otra vez sin ello.
console-offer-declined = No bastaba: { $why }
console-objections = Objeciones
console-objections-text = A qué se oponen los miembros, y por qué. Responded antes de un mes.
console-objections-none = Nadie se opone a nada.
console-objections-show = Mostrar los motivos
console-objection-about = Sobre: { $names }
console-objection-all = todo

## The screen at the desk
console-desk = Recepción
console-desk-here = Inscribirse en esta pantalla
console-desk-lock = Bloquear esta pantalla
console-desk-nobody = No espera nadie.
console-desk-joined = Acaban de entrar
console-desk-somebody = Alguien
console-locked = Hola
console-locked-team = Para el equipo
console-unlock = Desbloquear con una llave de acceso
console-look-desk =
    { $count ->
        [one] el nombre de pila de { $count } persona, en recepción
       *[other] los nombres de pila de { $count } personas, en recepción
    }

## Online sign-up
console-online-title = Inscripción en línea
console-online-open = Abierta: la gente se inscribe en tu página.
console-online-closed = Cerrada: nadie se inscribe en tu página. Las invitaciones siguen funcionando.
console-online-close = Cerrarla
console-online-open-button = Abrirla

## A space that has left the network
console-left-title = Este espacio ha dejado la red
console-left-since = La dejó el { $at }.
console-left-not = No se incorpora a nadie: no hay inscripción, ni invitación, ni tabla que incorporar. Las invitaciones enviadas antes no llevan a ninguna parte.
console-left-members = Tus miembros conservan sus membresías hasta que las termines. Entran, abren puertas, cambian lo que dieron, lo retiran, se oponen y se van como antes.
console-left-team = Tú decides las inscripciones que esperan, ves lo que guardas, te lo llevas y terminas membresías como antes.
console-left-back = Quien lleva el servidor puede deshacerlo en la terminal: passport network leave con --undo.
console-desk-shut-title = Aquí no hay inscripción
console-desk-shut = Nadie se inscribe ahora en línea. El equipo puede invitar a la gente por su número o por correo.
console-desk-left = Este espacio ha dejado la red: aquí ya no se inscribe nadie. Los miembros conservan lo que tienen.

## El directorio
console-directory = Directorio
console-directory-text = La página de la gente de aquí muestra lo que cada miembro eligió mostrar, a quien eligió. Tú decides si hay tal página y para quién.
console-directory-for = ¿Para quién es el directorio?
console-directory-nobody = Para nadie: no hay directorio
console-directory-members-here = Para los miembros de este espacio
console-directory-brand = Para los miembros de este espacio y de la marca
console-directory-public = Para todo el mundo
console-directory-hint = Nunca muestra más de lo que la persona eligió: quien muestra un dato a los miembros no lo muestra a nadie más, tampoco si el directorio es para todo el mundo.
console-directory-save = Guardar
console-directory-open = Abrir el directorio como visitante o miembro
console-directory-who = Quién publica qué
console-directory-who-text = Qué datos muestran los miembros a otros, y a quiénes. Lo que dicen está en su página, como la ven los demás, y en su contacto.
console-directory-shown = { $name }: { $audience }
console-directory-page = Su página, para quien puede verla
console-directory-what = Qué se publica
console-directory-people =
    { $count ->
        [0] Nadie publica nada.
        [one] { $count } persona publica algo. Lo que dice está en su contacto, y verlo es una consulta.
       *[other] { $count } personas publican algo. Lo que dicen está en sus contactos, y verlo es una consulta.
    }
console-directory-detail = Dato
console-directory-column-members = A los miembros
console-directory-column-brand = A la marca
console-directory-column-public = A todo el mundo
console-directory-before = Qué se decidió
console-reported-title = Denunciados
console-reported-text = A quién han denunciado los miembros tras un saludo, y por qué. No se guarda lo que se dijo, ni quién lo denunció.
console-reported-none = No se ha denunciado a nadie.
console-reported-unwanted = No deseado ({ $at })
console-reported-phishing = Se hace pasar por otra persona, o pide contraseñas o dinero ({ $at })
console-reported-abuse = Insultos o amenazas ({ $at })
console-reported-other = Otra cosa ({ $at })
console-reported-done = Atendido
console-reported-done-of = Atendido: { $name }
console-directory-decided = { $at }, { $by }: { $reach }

## Claves de programas
console-api-keys = Claves de programas
console-keys-text = Con una clave, un programa vuestro actúa en nombre del equipo: ve y hace lo que dice su clave, y nada más. Lo que mira un programa queda anotado con el nombre de la clave.
console-keys-there = Vuestras claves
console-keys-none = Todavía no hay ninguna clave.
console-key-over = terminada
console-key-made = creada el { $at }
console-key-made-by = creada el { $at } por { $by }
console-key-ends = termina el { $at }
console-key-ended = terminó el { $at }
console-key-no-end = hasta que la anuléis
console-key-used = usada por última vez el { $at }
console-key-unused = nunca usada
console-key-revoke = Anular esta clave
console-key-revoke-hint = El programa que la tiene queda fuera al momento.
console-key-make = Crear una clave
console-key-make-button = Crear la clave
console-key-name = Nombre
console-key-name-hint = Para que más tarde sepáis qué programa la tiene. También aparece donde se anota lo que mira el programa.
console-key-scopes = Qué puede hacer el programa
console-key-days = Funciona durante
console-key-made-title = La clave «{ $name }»
console-key-made-text = Se muestra solo esta vez. Copiadla ahora en los ajustes del programa; si se pierde, cread otra.
console-key-itself = Clave
console-key-description = Descripción
console-key-description-text = Para quien escribe el programa: todas las direcciones, en OpenAPI.
console-key-back = A vuestras claves
console-key-bad-name = Un nombre tiene de 1 a 64 letras sin acentos, cifras, espacios, - y _.
console-key-taken = Ya hay una clave con este nombre. Anuladla primero, o poned otro nombre.
console-key-no-scope = Marcad lo que puede hacer el programa.
console-key-bad-end = Elegid durante cuánto tiempo funciona la clave.
console-key-too-many = Hay tantas claves como puede haber. Anulad una que ya no se use.
console-key-gone = Esa clave ya no existe.
console-keys-of-title = Claves que creó { $name }
console-keys-of-text = Estas claves son del espacio, y hay programas que siguen trabajando con ellas. { $name } vio cada una una vez y puede haberla guardado. Anulad las que { $name } no deba tener, y cread otras para los programas que las usan.
console-keys-of-none = Ya no funciona ninguna clave que creara { $name }.
console-keys-of-revoke = Anular la clave { $key }
console-keys-of-back = Al equipo
console-scope-forms-read = Ver lo que pedís
console-scope-sign-ups-read = Ver las solicitudes y cómo están, sin lo que dio la gente
console-scope-invitations-read = Ver las invitaciones y cómo están
console-scope-memberships-read = Ver las membresías
console-scope-contacts-read = Ver de quién tenéis qué, hasta cuándo, sin lo que dice
console-scope-invitations-send = Invitar a personas
console-scope-sign-ups-ask = Pedir otra cosa, donde vuestras reglas dejan la decisión a un programa
console-scope-sign-ups-decide = Aprobar y rechazar, donde vuestras reglas lo dejan a un programa
console-scope-sign-ups-values = Ver lo que dio la gente con las solicitudes que esperan
console-scope-contacts-values = Ver lo que dio todo el mundo
console-scope-memberships-change = Terminar membresías
console-scope-memberships-offer = Ofrecer de nuevo una membresía: quien reciba la oferta puede ocupar el lugar del miembro

## Sitios en los que inician sesión los miembros
console-sites = Sitios
console-sites-text = Sitios web y programas en los que tus miembros inician sesión con su membresía, mediante OpenID Connect. Se pregunta a cada miembro antes de que un sitio reciba algo, y solo recibe lo que el miembro te dio.
console-sites-there = Tus sitios
console-sites-none = Todavía no hay ningún sitio.
console-site-gets = Recibe: { $details }
console-site-new-secret = Crear otro secreto
console-site-end = Terminar este sitio
console-site-add = Añadir un sitio
console-site-add-button = Añadir el sitio
console-site-name = Nombre
console-site-name-hint = Tus miembros lo leen cuando el sitio quiere iniciar su sesión.
console-site-purpose = Para qué
console-site-purpose-hint = Unas palabras para tus miembros, por ejemplo: reservar salas.
console-site-redirects = Direcciones a las que vuelven los miembros
console-site-redirects-hint = La documentación del sitio las llama redirect URIs. Separadas por espacios; https, o http en localhost.
console-site-logouts = Direcciones tras cerrar la sesión
console-site-logouts-hint = Puede quedar vacío. Separadas por espacios.
console-site-sector = Sector
console-site-sector-hint = Puede quedar vacío si todas las direcciones están en un mismo servidor. Un miembro tiene un solo nombre en todos los sitios de un sector.
console-site-claims = Qué puede recibir, de lo que te dieron los miembros
console-site-public = Funciona en navegadores o teléfonos y no puede guardar un secreto
console-site-made-title = { $site } puede iniciar la sesión de tus miembros
console-site-made-text = Escribe esto en los ajustes del sitio.
console-site-issuer = Emisor (issuer)
console-site-client = Client ID
console-site-secret = Client secret
console-site-secret-text = Solo se muestra esta vez. Cópialo ahora; si se pierde, crea otro.
console-site-back = A tus sitios
console-site-bad-name = Un nombre tiene de 1 a 64 caracteres.
console-site-bad-purpose = Di en un máximo de 200 caracteres para qué sirve el sitio.
console-site-bad-address = Da de 1 a 10 direcciones, cada una https (o http en localhost), sin parte detrás de #.
console-site-no-sector = Las direcciones están en varios servidores: indica un sector con minúsculas, cifras, puntos y guiones.
console-site-not-asked = Ningún formulario tuyo pide uno de estos datos, o tu registro no lo cubre.
console-site-too-many = Ya hay tantos sitios como puede haber.
console-site-none = Ese sitio ya no existe, o no tiene secreto.
## Una tabla que escribió otro programa
console-import = Incorporar una tabla
console-import-lead = Miembros de antes, de la exportación de otro programa o de una tabla vuestra. Veis qué se incorporará antes de hacerlo, y nadie recibe un correo hasta que le invitéis.
console-import-file-title = La tabla
console-import-form = Formulario al que invitarles
console-import-form-hint = Su uso registrado dice qué se puede incorporar y por cuánto tiempo.
console-import-file = Archivo CSV
console-import-file-hint = Como mucho 5 MiB y 20.000 filas. Se reconocen las exportaciones de Nexudus, Cobot y OfficeRnD; de cualquier otra tabla decís qué contienen sus columnas.
console-import-look = Mirarla primero
console-import-people = Incorporados
console-import-nobody = No hay nadie.
console-import-people-hint = No son miembros. Quien responde a una invitación se inscribe como todos, y lo que la tabla decía de esa persona se borra entonces.
console-import-invite = Invitar a los elegidos
console-import-delete = Borrar a los elegidos
console-import-more = Los 50 siguientes
console-import-not-invited = sin invitar
console-import-invited-at = invitado { $at }
console-import-terms = { $source }, { $at }; se borra { $until }
console-import-from-nexudus = De Nexudus
console-import-from-cobot = De Cobot
console-import-from-office-rnd = De OfficeRnD
console-import-from-table = De una tabla
console-import-did-new =
    { $count ->
        [0] No se incorporó a nadie.
        [one] Se incorporó a { $count } persona. Nadie recibió un correo.
       *[other] Se incorporó a { $count } personas. Nadie recibió un correo.
    }
console-import-did-known =
    { $count ->
        [0] {""}
        [one] { $count } persona ya estaba incorporada.
       *[other] { $count } personas ya estaban incorporadas.
    }
console-import-did-invited =
    { $count ->
        [0] No se invitó a nadie.
        [one] Se invitó a { $count } persona.
       *[other] Se invitó a { $count } personas.
    }
console-import-did-open =
    { $count ->
        [one] { $count } ya tiene una invitación abierta.
       *[other] { $count } ya tienen una invitación abierta.
    }
console-import-did-waits =
    { $count ->
        [one] { $count } debe esperar: se invitó a 200 en la última hora.
       *[other] { $count } deben esperar: se invitó a 200 en la última hora.
    }
console-import-did-deleted =
    { $count ->
        [one] Se borró a { $count } persona.
       *[other] Se borró a { $count } personas.
    }
console-import-no-file = Elige primero un archivo.
console-import-too-large = El archivo pasa de 5 MiB. Pártelo en varios.
console-import-not-text = Esto no es una tabla de texto. Guárdala como CSV y elige ese archivo.
console-import-empty = No hay ninguna fila debajo de la cabecera.
console-import-too-many-rows = Hay más de 20.000 filas. Parte el archivo en varios.
console-import-too-many-columns = Hay más de 200 columnas. Quita las que no necesites.
console-import-wide-row = La fila de la línea { $line } tiene más de 200 celdas. Mira si falta ahí un salto de línea o unas comillas.
console-import-not-registered = El uso registrado de este formulario no incluye el correo, así que no se podría invitar a nadie de una tabla. Elige otro formulario.
console-import-left = Este espacio ha dejado la red: no incorpora ni invita a nadie.
console-import-nobody-chosen = Marca primero a quienes quieras.
console-import-form-gone = El formulario al que se les iba a invitar ya no se pregunta. Bórralos e incorpora la tabla de nuevo.
console-import-no-mail = No se puede enviar correo: pide a quien lleva el servidor que configure un servidor de correo y una red.
console-import-preview = Qué se incorporará
console-import-preview-lead = Todavía no se guarda nada, y nadie recibe un correo.
console-import-counts = En resumen
console-import-recognised-nexudus = Parece una exportación de Nexudus.
console-import-recognised-cobot = Parece una exportación de Cobot.
console-import-recognised-office-rnd = Parece una exportación de OfficeRnD.
console-import-recognised-table = No se reconoce ningún programa: mira las columnas de abajo.
console-import-will =
    { $count ->
        [0] No se incorporará a nadie.
        [one] Se incorporará a { $count } persona.
       *[other] Se incorporará a { $count } personas.
    }
console-import-will-known =
    { $count ->
        [one] { $count } persona ya estaba incorporada y queda como está.
       *[other] { $count } personas ya estaban incorporadas y quedan como están.
    }
console-import-will-bad =
    { $count ->
        [one] { $count } fila se deja fuera: abajo está por qué.
       *[other] { $count } filas se dejan fuera: abajo está por qué.
    }
console-import-will-undated =
    { $count ->
        [one] { $count } fecha se deja fuera, en la línea { $lines }, porque el día no es seguro: las fechas se leen como 2026-11-30.
       *[other] { $count } fechas se dejan fuera, en las líneas { $lines }, porque el día no es seguro: las fechas se leen como 2026-11-30.
    }
console-import-whole-name = El nombre completo se guarda como está y no se divide: nada rellena el nombre de pila. Si una columna lo contiene, dilo abajo.
console-import-not-shown =
    { $count ->
        [one] { $count } fila más no se muestra.
       *[other] { $count } filas más no se muestran.
    }
console-import-samples = Los primeros
console-import-sample = Línea { $line }: { $details }
console-import-terms-title = Con qué fundamento
console-import-taken = Se incorpora: { $names }. No se guarda ninguna otra columna.
console-import-beyond = No se incorpora, porque no está registrado para esto: { $names }
console-import-purpose = Para: { $purpose }
console-import-kept =
    { $count ->
        [one] Se borra al cabo de { $count } día, o cuando respondan a una invitación.
       *[other] Se borra al cabo de { $count } días, o cuando respondan a una invitación.
    }
console-import-bad = Filas que se dejan fuera
console-import-bad-cells = Línea { $line }: tiene { $has } celdas, y la cabecera tiene { $header }.
console-import-bad-no-email = Línea { $line }: no hay dirección de correo.
console-import-bad-email = Línea { $line }: lo que hay no es una dirección de correo.
console-import-bad-long = Línea { $line }: { $name } pasa de 200 caracteres.
console-import-bad-here = Línea { $line }: alguien con esta dirección es miembro aquí o espera serlo, y se queda como está.
console-import-bad-twice = Línea { $line }: la dirección ya está en la línea { $first }.
console-import-columns = Qué contienen las columnas
console-import-columns-hint = Cámbialo donde esté mal y mira otra vez. Lo que se deja fuera no se guarda.
console-import-column-number = Columna { $number }, sin nombre
console-import-column-plan = Plan
console-import-column-since = Miembro desde
console-import-column-name = Nombre completo
console-import-column-twice = Dos columnas dicen contener lo mismo: { $name }. Deja una fuera.
console-import-no-email-column = Di qué columna contiene las direcciones de correo.
console-import-leave-out = Dejar fuera
console-import-again = Mirar otra vez
console-import-take =
    { $count ->
        [one] Incorporar a { $count } persona
       *[other] Incorporar a { $count } personas
    }
console-import-cancel = Cancelar
console-look-import-compared =
    { $count ->
        [one] la dirección de { $count } persona de aquí, comparada con una tabla
       *[other] las direcciones de { $count } personas de aquí, comparadas con una tabla
    }
console-look-imported =
    { $count ->
        [one] { $count } persona de una tabla
       *[other] { $count } personas de una tabla
    }
## Una tabla para llevarse
console-export = Llevarse una tabla
console-export-lead = Lo que te dieron los miembros, como archivo CSV, hecho en este momento. Solo contiene lo que se puede conservar ahora; lo que alguien retiró no está.
console-export-people =
    { $count ->
        [one] Tienes algo de { $count } persona.
       *[other] Tienes algo de { $count } personas.
    }
console-export-imported =
    { $count ->
        [one] También { $count } persona de una tabla que incorporaste, marcada como tal
       *[other] También { $count } personas de tablas que incorporaste, marcadas como tales
    }
console-export-of =
    { $count ->
        [one] de { $count } persona
       *[other] de { $count } personas
    }
console-export-none = No hay nada que llevarse.
console-export-columns = Datos
console-export-columns-hint = Además, cada fila dice qué es esa persona para ti, de quién es la palabra de cada dato y hasta cuándo se puede conservar como mucho.
console-export-layout = Para qué programa
console-export-comma = Con comas, para la mayoría de los programas
console-export-semicolon = Con puntos y coma, para hojas de cálculo que escriben los decimales con coma
console-export-mark = Con una marca al principio por la que Excel reconoce las letras
console-export-hint = Respondes de lo que hay en el archivo: bórralo cuando se haya usado. Queda anotado que te lo llevaste, con tu nombre, los datos y de cuántas personas. Una celda que una hoja de cálculo tomaría por una fórmula empieza con un apóstrofo.
console-export-button = Hacer la tabla
console-export-nothing-chosen = Marca los datos que necesitas.
console-export-too-many = Hay más de 10.000 personas. Pide ayuda a quien lleva el servidor: el terminal escribe tablas de cualquier longitud.
console-export-too-large = La tabla ocuparía más de 64 MiB. Elige menos datos, o pide ayuda a quien lleva el servidor: el terminal escribe tablas de cualquier longitud.
console-look-export =
    { $count ->
        [one] una tabla de { $count } persona, llevada
       *[other] una tabla de { $count } personas, llevada
    }
## Lo que escribe el equipo
console-notes = Notas
console-notes-lead = Si el equipo puede escribir algo sobre los miembros con sus propias palabras. Está desactivado mientras una persona propietaria no lo active. Todo lo que se escribe lo puede leer el miembro en su cartera, y se borra con la membresía.
console-notes-on = El equipo puede escribir notas.
console-notes-off = Nadie escribe notas.
console-notes-turn-on = Dejar que el equipo escriba notas
console-notes-turn-off = Que no se escriban más notas
console-notes-stay = Las notas de antes se quedan hasta que se borran o termina la membresía.
console-notes-count =
    { $count ->
        [0] No hay notas sobre nadie.
        [one] Hay notas sobre { $count } persona.
       *[other] Hay notas sobre { $count } personas.
    }
console-notes-before = Lo que se decidió
console-notes-decided-on = { $at }: activado, por { $by }
console-notes-decided-off = { $at }: desactivado, por { $by }
console-notes-of = Lo que escribió el equipo
console-notes-sealed = Hay notas. Se muestran con lo que dio la persona.
console-notes-none = Nada.
console-note-by = { $name }, { $at }
console-note-delete = Borrar esta nota
console-note-text = Una nota
console-note-hint = El miembro puede leerla. Como mucho 500 caracteres, sobre lo que el equipo necesita saber; nada sobre salud, creencias o lo que dijeron otros.
console-note-write = Escribir la nota
console-note-wrong = Una nota tiene de 1 a 500 caracteres, sin signos ocultos.
console-note-off = Ninguna persona propietaria de este espacio ha activado las notas.
console-note-too-many = Ya hay 20 notas sobre esta persona. Borra una primero.
console-note-no-member = Solo se escriben notas sobre miembros, que las pueden leer.
console-note-not-written = La nota no se ha escrito
## Lo que hicieron los miembros
console-deeds = Lo que hizo el miembro
console-deeds-hint = Solo nombres de datos. Lo que se hizo con ellos se sabe durante treinta días.
console-deed-answered = { $at }: respondió al formulario { $form }
console-deed-values = { $at }: dio valores nuevos. Cuáles: { $names }
console-deed-taken-back = { $at }: retiró. Cuáles: { $names }
console-deed-published = { $at }: muestra a más gente. Cuáles: { $names }
console-deed-hidden = { $at }: muestra solo al equipo. Cuáles: { $names }
console-deed-until = { $at }: puso o quitó un final. Cuáles: { $names }
console-deed-objected = { $at }: se opuso. Sobre: { $names }
console-deed-left = { $at }: se fue
console-deed-everything = todo
console-today = Desde ayer
console-today-none = Ningún miembro cambió nada.
console-today-changed =
    { $count ->
        [one] { $count } cambio de datos.
       *[other] { $count } cambios de datos.
    }
console-today-taken-back =
    { $count ->
        [one] Algo retirado { $count } vez.
       *[other] Algo retirado { $count } veces.
    }
console-today-left =
    { $count ->
        [one] { $count } miembro se fue.
       *[other] { $count } miembros se fueron.
    }
console-today-objected =
    { $count ->
        [one] { $count } objeción.
       *[other] { $count } objeciones.
    }
console-today-who = { $name }, { $what }

## Puertas
console-doors = Puertas
console-doors-text = Los miembros abren una puerta con su membresía: escanean el código de la pantalla que está al lado y pulsan un botón. El código cambia cada pocos segundos; uno impreso no abre nada.
console-doors-there = Vuestras puertas
console-doors-none = Todavía no hay ninguna puerta.
console-door-everybody = la abre cualquier miembro
console-door-plans-of = la abren los miembros con el plan { $plans }
console-door-screen = Hacer de este dispositivo la pantalla de { $door }
console-door-screen-hint = Con ello se cierra tu sesión en este dispositivo, para que nadie encuentre la consola en la puerta. La pantalla muestra códigos hasta que alguien la termine, un mes como mucho, y mientras estés en el equipo con tu función.
console-door-tag = Para una etiqueta impresa, que no abre nada y dice que se escanee la pantalla:
console-door-remove = Quitar esta puerta
console-door-gone = Una puerta que ya no está
console-door-gone-text = Esta puerta ya no está.
console-screens = Pantallas en las puertas
console-screen-facts = abierta el { $at } por { $by }, termina el { $until }
console-screen-end = Terminar la pantalla de { $door }
console-screens-full-title = Ya hay bastantes pantallas
console-screens-full-text = Terminad antes una que ya no se use.
console-openings = Últimas aperturas
console-openings-hint = Se sabe durante 30 días quién abrió qué. Los miembros lo leen donde abren. Queda anotado que miraste.
console-openings-none = Todavía nadie ha abierto una puerta.
console-look-doors =
    { $count ->
        [one] cuándo abrió puertas { $count } persona
       *[other] cuándo abrieron puertas { $count } personas
    }
console-opening-opened = se abrió
console-opening-asked = se pidió, y no se supo más
console-opening-status = no se abrió: su respuesta fue { $status }
console-opening-silent = no se abrió: no hubo respuesta
console-door-new = Añadir una puerta
console-door-new-text = Una puerta es una petición a vuestra cerradura o relé, la misma la abra quien la abra: allí no llega nada sobre un miembro.
console-door-begin = { $name }: empezar
console-door-name = Cómo se llama la puerta
console-door-name-hint = Los miembros lo leen en la pantalla y en su teléfono.
console-door-plans = Solo para estos planes
console-door-plans-hint = Nombres de planes, separados por comas. Vacío: cualquier miembro.
console-door-template = La petición
console-door-template-hint = Es JSON: name, auth, headers, y en «open» method, url y body.
console-door-add = Añadir la puerta
console-door-back = A vuestras puertas
console-door-bad-name = El nombre de una puerta tiene de 1 a 64 caracteres.
console-door-bad-plans = Nombrad 20 planes como mucho, cada uno con 1 a 64 caracteres.
console-door-bad-secret = Esta cerradura pide una clave o contraseña: de 1 a 4096 caracteres visibles, o usuario:contraseña donde lo dice la plantilla.
console-door-too-many = Hay tantas puertas como puede haber. Quitad una antes.
