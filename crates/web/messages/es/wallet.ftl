## The wallet's own pages
wallet-title = Mi pasaporte de la red
wallet-short-title = Pasaporte
unlock-title = Abre tu cartera
unlock-drill = Estás probando que una manera de abrirla se ha perdido. Ábrela de otra: con otro dispositivo, o con tu código de recuperación. Después ves cómo ha ido.
unlock-passphrase = Frase de acceso
unlock = Abrir
unlock-hint = Nadie más que tú puede abrirla, y nadie puede consultar la frase por ti.
anew-open = Abrirla otra vez
anew-why = Cómo se abre tu cartera lo cambia quien acaba de abrirla; así no lo hace quien solo la encuentre abierta. Ábrela otra vez.
lost-title = Abrirla con tu código de recuperación
lost-text = Si has perdido tu llave de acceso o tu frase, escribe el código de tu papel. Después añade otra manera de abrir tu cartera.
lost-open = Abrir mi cartera
lost-wrong = Este código no abre ninguna cartera aquí. Comprueba cada símbolo en tu papel.
unlock-other = Abrir otra cartera
nobody-title = Aquí todavía no hay ninguna cartera
nobody-text = Abre el enlace que se mostró cuando se empezó a servir la cartera: en su terminal o en su registro. Funciona hasta que haya una cartera, o hasta que se sirva de nuevo.
welcome-title = Tu pasaporte de la red
welcome-text = Una cartera guarda tu pasaporte y lo que cuentas de ti a los espacios. Nada se comparte antes de que tú lo digas, cada vez.
welcome-make = Crear una cartera
welcome-open = Abrir la tuya
welcome-by-name = Abrir con nombre y frase de acceso
welcome-no-passkeys = Este navegador no tiene llaves de acceso que abran una cartera. Abre la tuya con nombre y frase de acceso.
welcome-wrong = Ese nombre y esa frase no abren ninguna cartera aquí. Comprueba lo que has escrito.
welcome-no-such-passkey = Esta llave de acceso no abre ninguna cartera aquí.
welcome-empty = Escribe el nombre de tu cartera y su frase de acceso.
make-title = Crea tu cartera
make-text = Guarda tu pasaporte y lo que cuentas de ti a los espacios. Nada se comparte antes de que tú lo digas, cada vez.
make-network = Pertenece a esta red: { $names }.
make-by-passkey = Crearla con una llave de acceso
make-by-passkey-hint = Tu dispositivo te pide el dedo, la cara o el código, como cuando abres el propio dispositivo. No hay nada que recordar.
make-by-invitation = Tengo una invitación
make-no-passkeys = Este navegador no tiene llaves de acceso que abran una cartera. Elige una frase de acceso.
make-no-prf = La llave de acceso de este dispositivo no puede abrir una cartera, así que no se guarda. Elige una frase de acceso.
make-passphrase-instead = Usar una frase de acceso
make-by-passphrase = Crearla con esta frase
make-name = Nombre de tu cartera
make-name-hint = Lo escribes para abrir tu cartera en otro navegador. Mejor que no sea tu propio nombre: otros podrían ver si está ocupado.
make-name-wrong = Un nombre tiene de 3 a 60 letras y cifras, sin espacios.
make-name-taken = Ya hay una cartera con ese nombre. Elige otro.
make-email = Tu dirección de correo, si quieres
make-email-hint = Quien te da el pasaporte la comprueba primero. Se queda en tu cartera hasta que la compartas.
make-show = Mostrar
make-hide = Ocultar
make-code = Código de invitación
make-code-wrong = Esta invitación no crea ninguna cartera aquí. Ya se usó, o tiene una errata.
make-link-wrong = Este enlace ya no crea ninguna cartera. Abre el que se mostró la última vez que se sirvió la cartera.
make-limited = En la última hora se han creado aquí muchísimas carteras. Inténtalo más tarde.
host-title = Qué puede ver este servidor y qué no
host-locked = Mientras tu cartera está bloqueada, todo lo que hay en ella está sellado. Quien lleva este servidor ve que alguien viene, desde qué dirección de red y cuándo, y cuánto se guarda; nada de lo que dice.
host-open = Mientras tu cartera está abierta, este servidor trabaja con ella por ti. Quien lo lleva podría entonces leer tus datos y tu historial.
host-keys = Las claves que responden por ti se crean y se usan en tu navegador, y tu navegador solo responde a alguien después de que pulses Compartir o Cambiar para eso. Este servidor guarda las claves selladas y no puede abrirlas: sin una página abierta de tu cartera nadie comparte nada en tu nombre. Aun así, las páginas vienen de este servidor, y unas páginas cambiadas podrían llegar a las claves. Guarda tu cartera donde confíes en quien lleva el servidor.
keys-passphrase = Lo que escribes se queda en este navegador. Este servidor recibe lo que abre tu cartera, y nada que abra sus claves.
keys-need-script = Este servidor deja tus claves en tu navegador, y eso solo funciona donde se permiten los scripts. Permítelos para esta dirección o guarda tu cartera en tu propio ordenador.
keys-old-browser = Este navegador no puede guardar las claves de una cartera. Usa uno más nuevo o guarda tu cartera en tu propio ordenador.
keys-failed = No ha funcionado en este navegador. Inténtalo de nuevo.
keys-missing = Este navegador no tiene a mano las claves de tu cartera. Bloquea la cartera y ábrela de nuevo.
keys-before = Esta cartera se hizo antes de que las carteras de aquí guardaran sus claves en el navegador. Todo lo que contiene está aquí y funciona, pero este servidor puede firmar por ti sin ti. Para acabar con eso, llévatela, ciérrala aquí y tráela de nuevo con su código de recuperación: desde entonces sus claves son solo de tu navegador.
host-instead = Tu propio ordenador puede hacer lo mismo solo para ti, con el programa que usa este servidor.
write-down-title = Apunta tu código de recuperación
write-down-text = Si pierdes tu dispositivo o tu frase de acceso, este código en papel te devuelve tu cartera y tu identidad. Hasta que lo pruebes una vez, está dentro de tu cartera, y quien pueda abrirla puede verlo.
write-down-own-text = Si olvidas tu frase de acceso, este código en papel abre tu cartera y cada archivo que guardes de ella. Con el código solo, sin cartera ni archivo, todavía recuperas tu identidad. Hasta que lo pruebes una vez, está dentro de tu cartera, y quien pueda abrirla puede verlo.
write-down-once = Se muestra una vez. Ten papel y bolígrafo a mano, y a nadie mirando.
write-down-show = Mostrar el código
write-down-shown = Escríbelo en papel y guárdalo lejos de tus dispositivos. Las mayúsculas y los guiones no importan.
write-down-print = Imprimir
write-down-try = Ahora pruébalo
write-down-try-text = Escríbelo desde tu papel. Cuando sea correcto, sale de tu cartera y queda solo en tu papel.
write-down-anew = El código se muestra a quien acaba de abrir tu cartera, una vez cada vez; así no lo ve quien solo encuentre tu cartera abierta. Ábrela otra vez para verlo.
unlock-empty = Escribe tu frase de acceso.
unlock-wrong = Con esto no se abre la cartera. Revisa lo que has escrito, también las mayúsculas.
unlock-no-passphrase = Esta cartera no tiene frase de acceso.
unlock-wait =
    { $seconds ->
        [one] Se ha intentado demasiadas veces. Inténtalo de nuevo en { $seconds } segundo.
       *[other] Se ha intentado demasiadas veces. Inténtalo de nuevo en { $seconds } segundos.
    }
lock = Bloquear
home-number-from = De { $office }
home-no-number-title = Aún sin número
home-no-number-text = Tu número de pasaporte de la red te lo da una oficina de pasaportes. El equipo de tu espacio te puede decir cuál.
home-no-number-awaited = Has pedido tu pasaporte a { $office }. Abre el enlace del correo que te envió; después el pasaporte llega solo mientras tu cartera está abierta. Si no llegó ningún correo, pídelo otra vez.
home-no-number-first = Tu número de pasaporte de la red te lo da una oficina de pasaportes cuando eres miembro de un espacio. Toma antes lo que tu espacio te ofrece: escanea su código o abre aquí su enlace.
home-no-number-offices = Una oficina de pasaportes te da tu número de pasaporte de la red. Pide tu membresía y tu dirección de correo; lo ves todo antes de que se envíe nada.
office-ask = Pedir un pasaporte a { $office }
office-ask-title = Pedir un pasaporte
office-gone = Esta oficina no da pasaportes aquí, o tu cartera ya tiene uno. No se ha enviado nada.
home-spaces =
    { $spaces ->
        [0] No has dado tus datos a ningún espacio.
        [one] { $spaces } espacio tiene datos tuyos.
       *[other] { $spaces } espacios tienen datos tuyos.
    }
home-waiting =
    { $waiting ->
        [one] { $waiting } mensaje te espera.
       *[other] { $waiting } mensajes te esperan.
    }
unlock-by-passkey = Abrir con una llave de acceso
passkey-not-used = No se ha usado la llave de acceso. Inténtalo de nuevo o abre la cartera de otra manera.
passkey-not-made = No se ha creado ninguna llave de acceso. Inténtalo de nuevo o sigue sin ella.
passkey-cannot = Esta llave de acceso no puede abrir una cartera: a su dispositivo o navegador le falta lo necesario. Usa otra, o tu frase de acceso.
passkey-needs-script = Las llaves de acceso solo funcionan donde se permiten los scripts.
ways-title = Cómo se abre tu cartera
ways-passkeys = Llaves de acceso
ways-passkeys-text = Con una llave de acceso abres tu cartera como abres tu dispositivo: con el dedo, la cara o su código.
ways-name = ¿Cómo llamas a este dispositivo?
ways-add = Añadir una llave de acceso
ways-since = desde { $date }
ways-remove = Quitar
ways-remove-named = Quitar { $name }
ways-unnamed = Sin nombre
ways-passphrase = Frase de acceso
ways-passphrase-there = Tu cartera se puede abrir con una frase de acceso. Una nueva ocupa su lugar.
ways-passphrase-none = Tu cartera aún no tiene frase de acceso. Si eliges una, abre tu cartera igual que tus llaves de acceso.
ways-passphrase-first = Frase de acceso
ways-passphrase-new = Nueva frase de acceso
ways-passphrase-hint = Al menos 8 caracteres; mejor, unas palabras.
ways-passphrase-again = Escríbela otra vez
ways-passphrase-add = Añadir la frase de acceso
ways-passphrase-set = Cambiar la frase de acceso
ways-passphrase-short = Una frase de acceso tiene al menos 8 caracteres; mejor, unas palabras.
ways-passphrases-differ = Las dos frases son distintas.
recovery-title = Código de recuperación
recovery-text = Está en el papel que escribiste cuando se hizo tu cartera. Si pierdes la frase de acceso, abre tu cartera; si pierdes el dispositivo, abre la copia que hiciste de ella. Nadie puede buscarlo por ti.
recovery-field = Código de recuperación
recovery-try = Probarlo
recovery-never-tried = Aún no lo has probado. Escríbelo una vez desde tu papel: así sabes que es correcto.
recovery-tried = Era correcto cuando lo probaste el { $date }.
recovery-malformed = Esto no es un código de recuperación. Comprueba cada símbolo en tu papel.
recovery-wrong = Este no es el código de recuperación de esta cartera.
home-try-recovery = ¿Está tu código de recuperación en papel, y es correcto? Pruébalo una vez.
home-write-recovery = Apunta tu código de recuperación.
ways-sessions = Dónde está abierta
ways-this = aquí
ways-session-times = empezó el { $begun }, último uso el { $used } (UTC)
ways-end-named = Bloquear { $name }
ways-last = Entonces solo el código de recuperación abriría tu cartera. Añade antes otra manera.
ways-known = Esta llave de acceso ya abre tu cartera.
ways-many = Hay 16 llaves de acceso. Quita una que ya no uses.
ways-no-passkey = Esa llave de acceso ya no existe.
ways-no-session = No se ha elegido nada que bloquear.

## Menú, número y tarjeta, en la cartera
menu = Menú
menu-label = Páginas
live-news = Hay algo nuevo en esta página.
menu-home = Inicio
hand-on = Compartir
number-qr = Código QR con tu número de pasaporte de la red
number-qr-caption = Enséñalo en una recepción, o di el número.
number-copy = Copiar el número
number-hand-on = Compartir el número
card-title = Tarjeta con el número
card-text = Tu número para cuando no hay un teléfono a mano. No abre nada ni demuestra nada: otros lo escriben para invitarte.
card-note = No es un documento de viaje. No abre nada.
card-paper = En papel
card-paper-text = Imprime esta página y recorta la tarjeta. Donde quieras unirte, di el número o enseña la tarjeta: el espacio te invita, y tú respondes en tu cartera, en cualquier ordenador con navegador.
card-print-yourself = Imprime esta página con el menú de tu navegador.
card-device = En este dispositivo
card-device-text = En una recepción sin red se muestra aquí igualmente.

## Escanear, en la cartera
scan-title = Escanear
scan-again = Escanear otra vez
scan-camera = Cámara
scan-start = Encender la cámara
scan-stop = Apagar la cámara
scan-picture = Elegir una imagen
scan-tag = Leer una etiqueta
scan-stays = Las imágenes se leen en este navegador y no se envían a nadie.
scan-asks = Tu navegador pregunta si esta página puede usar la cámara. Di que sí, o elige otra manera.
scan-looks = Pon un código QR delante de la cámara.
scan-nothing-yet = Todavía nada. Acércate hasta que el código llene la mitad de la imagen, no te muevas y evita los reflejos.
scan-found = Encontrado. Un momento.
scan-stopped = La cámara está apagada.
scan-no-camera = No hay ninguna cámara que esta página pueda usar. Elige una imagen del código o pega el enlace.
scan-refused = Esta página no puede usar la cámara. Permítelo en tu navegador, en lo que guarda para este sitio, y empieza otra vez; o elige una imagen del código, o pega el enlace.
scan-busy = La cámara está en uso en otra parte. Cierra lo que la usa y empieza otra vez; o elige una imagen del código, o pega el enlace.
scan-no-decoder = No ha llegado lo que lee los códigos QR. Inténtalo de nuevo o pega el enlace.
scan-offline = No hay red en este momento. Lo que escanees se puede abrir cuando vuelva.
scan-reads = Se está leyendo la imagen.
scan-no-code = En esta imagen no se puede leer ningún código QR. Toma una más nítida o desde más cerca.
scan-no-picture = Este archivo no es una imagen que tu navegador conozca.
scan-tag-waits = Acerca tu teléfono a la etiqueta.
scan-tag-other = En esta etiqueta no hay ningún enlace.
scan-tag-refused = Esta página no puede leer etiquetas, o tu teléfono lo tiene desactivado. Acerca el teléfono a la etiqueta sin esta página: la mayoría se abre sola.
scan-needs-script = La cámara solo funciona aquí donde se permiten los scripts. Sin ellos, usa la cámara de tu teléfono o pega el enlace.
read-empty = Pega primero el enlace.
read-number = Esto es un número de pasaporte de la red, no un enlace. No hay nada que abrir: es para quien te invita.
read-not_encrypted = Esto lleva a { $seen } sin cifrar (http), y otros podrían leerlo y cambiarlo. No se ha abierto.
read-look_alike = Esto lleva a { $seen }, un nombre con letras que pueden parecer otras. No se ha abierto. Si conoces ese nombre, escríbelo en tu navegador.
read-disguised = Esto muestra un nombre y lleva a otro: { $seen }. No se ha abierto.
read-scheme = Este no es un enlace que una cartera pueda abrir: empieza por «{ $seen }:», que es para otra cosa.
read-text = Este no es un enlace que una cartera pueda abrir: «{ $seen }». Cópialo entero, de la primera letra a la última.
read-page-title = Esto lleva a una página
read-page = Esta es la dirección de una página en { $host }. Si la conoces, ve allí: la página muestra qué abrir con tu cartera. Tu cartera no ha preguntado nada allí.

## En un dispositivo que no es tuyo, en la cartera
borrowed-tick = Este dispositivo no es mío
borrowed-tick-hint = Entonces aquí no queda nada de tu cartera. Se bloquea al cerrar el navegador y tras 5 minutos sin uso.
borrowed-label = No es tu dispositivo
borrowed-title = Este dispositivo no es tuyo.
borrowed-lock = Bloquear ahora
borrowed-soon = Tu cartera se bloquea en dos minutos como mucho.
borrowed-stay = Seguir
borrowed-no-passkey = Aquí no se añade ninguna llave de acceso, porque este dispositivo no es tuyo: su dueño podría abrir tu cartera con ella.
left-title = Tu cartera está bloqueada
left-text = Aquí no queda nada de ella. Puede que este navegador aún sepa que estuviste aquí.
left-still = Lo que falta
left-close = Cierra esta página y las demás que hayas abierto.
left-history = Si el navegador preguntó si guardar tu frase de acceso, di que no; si la guardó, bórrala allí. Borra esta dirección de su historial.
left-space = Si dejaste que la página de un espacio recordara dónde está tu cartera, elige allí «Olvidarla».
left-home = En casa, mira «Cómo se abre tu cartera»: dice dónde está abierta. Si crees que alguien miró, pon otra frase de acceso.
ways-passphrase-old = Frase de acceso actual, o código de recuperación
ways-passphrase-old-wrong = Esta no es ni tu frase de acceso ni tu código de recuperación. No ha cambiado nada.
ways-passphrase-old-often = Se ha intentado demasiadas veces. Espera un minuto e inténtalo de nuevo. No ha cambiado nada.
ways-passphrase-done = Hecho: tu nueva frase de acceso abre tu cartera desde ahora.
ways-passphrase-changed = Hecho: tu frase nueva abre tu cartera desde ahora. En todos los demás sitios está bloqueada.
ways-passkey-gone = Hecho: esta llave de acceso ya no abre tu cartera. En todos los demás sitios tu cartera está bloqueada.
ways-name-often = Desde aquí se han probado muchos nombres. Vuelve a intentarlo dentro de una hora. No ha cambiado nada.

## Lo que pide un espacio, en la cartera
asks-title = { $asker } te pide datos
asks-place = en { $host }
asks-why = Por qué:
asks-no-why = No dicen por qué.
asks-kept-days =
    { $days ->
        [0] No lo guardan, salvo que acuerdes otra cosa con ellos.
        [one] Lo guardan { $days } día como mucho, salvo que acuerdes otra cosa con ellos.
       *[other] Lo guardan { $days } días como mucho, salvo que acuerdes otra cosa con ellos.
    }
asks-kept-days-only =
    { $days ->
        [0] No lo guardan.
        [one] Lo guardan { $days } día como mucho.
       *[other] Lo guardan { $days } días como mucho.
    }
asks-kept-unknown = No dicen cuánto tiempo lo guardan.
asks-terms = Por qué, cuánto tiempo y quién lo ve
asks-end = Hasta cuándo
asks-end-on = Retirarlo solo el día
asks-end-hint = Ese día borran por sí mismos lo que compartes ahora. Déjalo vacío si no quieres ningún día.
asks-seen-team = Lo ve su equipo.
asks-seen-yours = Lo ve su equipo, si no dices otra cosa.
asks-seen-team-of-brand = Lo ve el equipo de { $asker }, y ningún otro espacio de { $brand }.
asks-seen-yours-of-brand = Lo ve el equipo de { $asker }, y ningún otro espacio de { $brand }, si no dices otra cosa.
asks-seen-some = Algunos datos solo los ve una parte del equipo: se dice en cada uno.
seen-by-team = Lo ve el equipo de { $space }.
seen-by-owner-and-managers = Lo ven propiedad y gestión de { $space }.
seen-by-owner = Lo ve la propiedad de { $space }.
seen-by-members = Lo ven el equipo y los miembros de { $space }.
seen-by-brand = Lo ven los equipos y los miembros de { $spaces }.
seen-by-whole-brand = Lo ven los equipos y los miembros de todos los espacios de { $brand }.
seen-by-everybody = Lo ve todo el mundo.
asks-seen-unknown = No dicen quién lo ve.
asks-inbox = Podrán escribirte a una dirección hecha solo para ellos. Puedes bloquearla.
asks-no-network = Ninguna red los ha admitido. Comparte solo lo que dirías a un desconocido.
asks-changed = Piden esto en lugar de lo que pidieron antes.
asks-changed-reason = Dicen: «{ $reason }»
asks-no-longer = Ya no piden: { $details }
asks-anew = Piden ahora: { $details }
asks-not-offered = No ofreciste: { $details }
asks-seen-by-more = Lo vería más gente de su equipo de la que dijeron antes: { $details }
asks-again-has = { $asker } ya tiene esto de ti: { $details }
asks-again-has-another = { $asker } tiene otra cosa de ti en: { $details }
asks-again-new = Nuevo para { $asker }: { $details }
asks-again-member = Por lo que sabe esta cartera ya eres miembro de { $asker }. Si respondes, podrías serlo una segunda vez.
asks-signs = Con tu respuesta firmas: { $what }
asks-needed = Necesario
asks-optional = Opcional
asks-lacking = No tienes esto: { $details }
asks-leave-out = no darlo
asks-or = o
asks-that-you-have = que tienes { $what }
asks-checked-by = comprobado por { $name }
asks-own-word = tu propia palabra
asks-missing = no lo tienes
asks-along = { $detail } va incluido
asks-shares = Compartirías: { $details }
list-and = { $names } y { $last }
list-more =
    { $count ->
        [one] { $count } más
       *[other] { $count } más
    }
host-lookalike = Esta dirección tiene letras que pueden parecer otras, y por eso se escribe así. Compárala letra por letra.
asks-beyond = No registrado: { $asker } no dijo a la red que pide esto.
asks-kept =
    { $days ->
        [0] no se guarda
        [one] se guarda { $days } día como mucho
       *[other] se guarda { $days } días como mucho
    }
asks-linked = { $spaces } podrían saber que eres la misma persona, por esto: { $details }.
asks-linked-further = Si eliges más de lo que está marcado:
asks-see-team = Su equipo
asks-see-members = El equipo y los miembros de allí
asks-see-brand = Equipos y miembros de { $brand }
asks-see-public = Todo el mundo
asks-pick = Lo que compartes
asks-as = Tus propios datos, como
asks-as-look = Mostrar estos
asks-pick-needed = Solo lo necesario
asks-pick-usual = Lo de siempre
asks-pick-all = Todo lo que piden
asks-less = Ofrecer solo esto
asks-less-title = Ofrecer menos
asks-less-hint = ¿Algo es demasiado? Desmárcalo, o elige lo que prefieres dar, y ofrece solo eso: se les dicen los nombres de lo que compartirías, nada más, y preguntan de nuevo o dicen que no.
less-declined = Menos no basta
less-declined-text = { $asker } quiere todo lo necesario. No se compartió nada.
less-declined-answer = Responder de todos modos
asks-instead-hint = ¿Demasiado? Puedes ofrecer otra cosa en su lugar: { $details }
asks-instead-of = En lugar de: { $detail }
asks-instead-nothing = Nada
not-now = Ahora no
asks-no = Decirles que no
asks-details = Detalles
asks-legal-name = Nombre legal
asks-identifier = Identificador
asks-bound = Se le conoce por
asks-bound-certificate = un certificado de la red
asks-bound-certificate-outside = un certificado de autoridades que nombraste
asks-bound-did = su identificador
asks-bound-did-outside = un identificador que nombraste
asks-bound-address = nada más que la dirección a la que va la respuesta
asks-admitted = Admitido por
asks-admitted-nobody = ninguna red
asks-brand = Pertenece a
asks-brand-sites = Sus otros espacios
asks-basis = Base legal
asks-contact = Sobre tus datos
asks-policy = Política de privacidad
asks-authority = Dónde reclamar
asks-ends = Se puede responder hasta
asks-request = Señal de esta solicitud, que nombra la prueba de lo compartido
asks-cannot = No tienes lo necesario
asks-cannot-text = No se envía nada. Consigue lo que falta y abre el mismo enlace mientras esté abierto.
asks-wrong-needed = Así no se compartiría algo que es necesario.
asks-wrong-needed-detail = Es necesario, y así no se compartiría: { $details }
asks-wrong-instead = Elegiste algo que ofrecer en lugar de otra cosa. Pulsa «Ofrecer solo esto», o no elijas nada ahí.
asks-wrong-day = Elige un día, como 2030-01-31.
asks-wrong-until = Elige un día a partir del { $day }.
asks-wrong-less-nothing = Así no se ofrecería nada. Para no compartir nada, di que no.
asks-wrong-nothing = No hay nada elegido.
asks-wrong-keys = Lo elegido no se puede compartir junto. Elige menos.
asks-wrong-signs = Así no se firmaría lo que hay que firmar.
asks-wrong-other = Así no se puede compartir. Carga la página de nuevo.
asks-wrong-less = Esto no se puede ofrecer. Para no compartir nada, di que no; para compartirlo todo, compártelo.
asks-faulty = La petición de { $asker } rompe una regla
asks-faulty-text = No se puede responder y no se envía nada ({ $code }).
asks-faulty-tell = Se le puede decir a { $host } que es defectuosa. No se dice nada de ti ni de lo que tienes.
asks-faulty-yes = Decírselo
offers-title-page = Una oferta
offers-title = { $issuer } te ofrece
offers-claimed = Se llama a sí mismo { $name }. Quién es se comprueba antes de guardar nada.
offers-no = No lo quiero
offers-take = Tomarlo
offers-then-passport = Y después seguir con mi pasaporte de la red, de { $office }
open-working = Un momento
open-working-text = Se busca y se comprueba a qué lleva el enlace.
open-sent-waits = { $asker } no puede tomar tu respuesta en este momento. Va de nuevo en { $seconds } segundos, mientras tu cartera esté abierta.
done-shared = { $asker } tiene lo que compartiste
done-shared-text = Tu historial también lo tiene.
done-along = Fue incluido: { $details }
done-go-on = Continuar en { $host }
done-go-on-soon = Sigue ahora: { $asker } te espera allí solo unos minutos. Si nadie llega a tiempo, puede que allí se borre lo que diste y que no quede en nada.
done-got = Tu cartera tiene algo nuevo
done-later = Llegará más. Todavía no estaba cuando tu cartera miró.
to-wallet = A tu cartera
failed-keys_not_here = Tu navegador no lo firmó a tiempo. Deja abierta una página de tu cartera e inténtalo de nuevo.
done-to-messages = A los mensajes
failed-title = No ha funcionado
failed-left_open = No se envió nada. El mismo enlace se puede responder mientras esté abierto.
failed-declined = Dijiste que no. No se compartió nada tuyo.
failed-invalid_request = El enlace ya se usó, ha caducado o rompe una regla. Abre otra vez la página de la que vino para tener uno nuevo.
failed-unreachable = No se pudo llegar a ellos. Prueba el mismo enlace dentro de un momento.
failed-cannot_be_satisfied = No tienes lo necesario. No se envió nada.
failed-no_fresh_copy = Cada copia de lo que se pide ya se mostró o ha caducado. No se envió nada. Tu cartera pide nuevas a quien las firmó.
failed-beyond_registration = Algo necesario va más allá de lo que dijeron a la red. No se envió nada.
failed-put_off = Todavía no pudieron tomar tu respuesta. Está guardada: abre el mismo enlace otra vez y va la misma respuesta, mientras tomen una.
failed-other = No se terminó ({ $code }). Tu historial dice si se compartió algo.
failed-gone = Esta página ha terminado. Abre el enlace otra vez: mientras esté abierto, se puede responder.
failed-many = Se están abriendo demasiados enlaces. Responde o deja uno de los que esperan.
open-title = Abrir un enlace
open-text = Pega lo que te dio un espacio o una oficina: un enlace, o lo que contiene su código QR.
open-field = Enlace
open-it = Abrirlo
home-keep = Mostrarlo también sin red
home-forget = No guardarlo en este dispositivo
home-kept = Se guarda en este dispositivo: quien abra este navegador puede verlo, también con tu cartera bloqueada.
offline-title = Sin red
offline-text = En este momento no se puede llegar a tu cartera. No se perdió nada y no se envió nada.
messages-look = Ver qué ha llegado
failed-not_collected = No se pudo mirar. Prueba de nuevo dentro de un momento.
home-asks = { $asker } te espera
code-title = El código que vino con ella
code-field = Código
refused-answer = Lo que elegiste se envió, y lo rechazaron ({ $code }).
refused-offer = Se negaron a darlo ({ $code }). Quizá ya se tomó, ha caducado o necesita otro código: pide un enlace nuevo a quien lo ofreció.
failed-request_ran_out = El tiempo para responder había terminado. No se envió nada. Abre otra vez la página de la que vino para tener un enlace nuevo.
failed-no_network = Tu cartera todavía no pertenece a ninguna red y no puede saber quién es. No se envió nada.
failed-offer-left_open = No tomaste lo que se ofrece. Abre el mismo enlace otra vez para tomarlo, mientras esté abierto.
failed-offer-declined = No tomaste lo que se ofrecía.
failed-offer-no_network = Tu cartera todavía no pertenece a ninguna red y no puede saber quién ofrece esto. No se tomó nada.
failed-offer-authorization_needed = Quien ofrece esto quiere preguntarte antes en una página suya, y estas páginas todavía no pueden llevar allí. No se tomó nada.
ended-declined = Dijiste que no
ended-left = No se compartió nada
ended-offer = No lo tomaste
ended-message = Alguien te escribió
ended-not-yet = Todavía no hay nada
asks-unsent = Tu cartera ya no estaba abierta, y no se envió nada.
open-at-work = Tu cartera está trabajando. Esta página sigue sola.
open-sent-waits-there = En este momento no pueden tomar tu respuesta. Va de nuevo en { $seconds } segundos, mientras tu cartera esté abierta.
code-place = Quien lo ofrece en { $host } te dio un código por otra vía, en papel o por correo.
done-proof-kept = Firmaron lo que compartiste, y tu cartera lo guarda.
done-proof-later = Todavía no han firmado lo que compartiste.
done-proof-none = No firmaron nada sobre lo que compartiste.
done-proof-wrong = Lo que firmaron no es lo que compartiste. Tenlo en cuenta antes de compartir más con ellos.
done-identifier-left = Tu identificador se dejó allí.
done-identifier-not-left = Tu identificador no se dejó allí, y lo esperan. Tu cartera lo intenta de nuevo cuando mires.
done-approved = Dijeron que sí.
done-approved-reason = Dijeron que sí: «{ $reason }»
done-declined = Dijeron que no.
done-declined-reason = Dijeron que no: «{ $reason }»
decided-person = Lo decidió una persona de su equipo.
decided-software = Lo decidió su propio programa, no una persona.
decided-rule = Lo decidió una regla, no una persona.
decided-complete = Lo decidió una regla: compartiste todo lo necesario.
decided-place-free = Lo decidió una regla: había una plaza libre.
decided-email-domain = Lo decidió una regla: tu dirección de correo comprobada no es de ninguna de las organizaciones que admiten aquí.
decided-appeal = Si crees que es un error, una persona de allí lo mira de nuevo: escribe a { $address }.
done-problem = Algo de lo que sigue no avanzó. { $why }
done-problem-of = { $party }: { $why }
problem-unreachable = No se pudo contactar con ellos. Tu cartera lo intenta de nuevo cuando mires.
problem-unusable = Lo que respondieron no le sirve a tu cartera.
problem-ended = Lo han terminado y han borrado lo que diste. Vuelve a abrir su página para empezar de nuevo.
problem-wrong-proof = Lo que firmaron no es correcto, y no se guardó.
problem-not-trusted = Tu red no conoce a quien lo firmó.
problem-offer-declined = Dijiste que no a lo que ofrecían.
problem-offer-left = No dijiste ni sí ni no a lo que ofrecen. Se ofrece de nuevo.
problem-offered-once = No dijiste ni sí ni no a lo que ofrecían, y nada lo ofrece de nuevo. Pídeselo.
problem-offer-refused = No dieron lo que habían ofrecido. Pídeselo.
problem-offer-unsound = Lo que ofrecían no es como debe ser, y no se tomó.
problem-promise-declined = Habían prometido algo para más tarde, y ahora dicen que no. Pregúntales por qué.
problem-not-checked-yet = Ha llegado y está guardado, y no se puede comprobar en este momento. Mira más tarde.
problem-answer-refused = Rechazaron tu respuesta.
problem-answer-unknown = No se sabe si tienen tu respuesta, y no se envía otra vez.
problem-answer-never-taken = Nunca tomaron tu respuesta, y no se envía otra vez. Abre su página de nuevo.
problem-identifier-place = El lugar que ofrecen para tu identificador no es suyo.
problem-identifier-elsewhere = Tu identificador ya está en otra oficina, y con una basta.
problem-recover-first = Tu cartera se hizo con el código de recuperación de otra anterior. Recupera antes su identificador.
problem-passport-suspended = Tu pasaporte no cuenta por ahora. Pregunta en tu oficina.
problem-held-up = Antes tienen que saber qué fue de lo que dieron. Mira más tarde.
problem-under-way = Se les está preguntando en este momento.
problem-never-came = No ha llegado nada más en 30 días, y ya no se les pregunta.
problem-too-long = Lo que dieron es más largo de lo que guarda tu cartera.
problem-own = Tu cartera falló. Prueba de nuevo dentro de un momento.
done-waits-mail = Esperan tu dirección de correo: abre el enlace del mensaje que te enviaron.
done-waits-identifier = Esperan el identificador de tu cartera.
done-waits-team = Su equipo decide. Puede tardar un poco.
done-waits-place = No queda ninguna plaza. Recibirás la próxima sin volver a responder.
done-waits-digits = La otra pantalla espera los seis dígitos: escríbelos allí.
done-anew = { $party } pide otra cosa
done-anew-title = Su equipo pide otra cosa
done-anew-text = Es en lugar de lo que pidieron antes.
done-anew-declined = Dijiste que no a eso.
done-anew-open = Ver qué piden

## Historial y espacios, en la cartera
history-title = Historial
history-all = Todo salvo lo que hace por su cuenta
history-asked = Pedido
history-offered = Ofrecido
history-followed = Llegó después
history-changed = Cambiado
history-mail = Mensajes que no se guardaron
history-identity = Número e identificador
history-network = Redes
history-by-itself = Por su cuenta
history-left-out = Lo que tu cartera hace por su cuenta, como pedir copias nuevas, no aparece aquí.
history-show-left-out = Mostrarlo
history-empty = Aún no ha pasado nada.
history-nobody = desconocido
history-nothing = nada
history-requested = Pedido u ofrecido
history-asked-for = Pedido
history-was-offered = Ofrecido
history-given = Compartido o recibido
history-shared = Compartido
history-received = Recibido
history-did = Lo que hiciste
history-did-keys = nuevas claves de tu identificador
history-did-moved = tu identificador trasladado a otra oficina
history-did-recovered = tu identificador recuperado tras una pérdida
history-did-given-up = tu identificador abandonado
history-did-number = otro número de pasaporte
history-instead = Ofrecido en su lugar
history-said = Dijeron
history-contact = Pedir que lo borren
history-older = Más antiguo
history-newer = Más reciente
history-they-refused = Lo rechazaron ({ $code }).
history-ended = No se terminó ({ $code }).
history-declined = Dijiste que no.
history-left_open = Lo dejaste abierto.
history-beyond_registration = Pidió más de lo que dijo a la red.
history-cannot_be_satisfied = No tenías lo necesario.
history-no_fresh_copy = No quedaba ninguna copia que mostrar.
history-offered_less = Ofreciste menos.
history-counter_offer_declined = Menos no les bastó.
history-declined_by_space = Dijeron que no.
history-not_taken = La respuesta no se tomó.
history-request_ran_out = Había caducado antes de que respondieras.
history-put_off = Aún no podían tomar la respuesta.
history-outcome_unknown = La respuesta se envió, y no se sabe qué fue de ella.
history-unreachable = No se pudo llegar a ellos.
history-no_network = Esta cartera no se había unido a ninguna red.
history-invalid_request = No era una petición válida.
history-invalid_credential_offer = No era una oferta válida.
history-still_to_come = Llegará más tarde.
history-partly = Una parte no llegó.
history-never_ready = No llegó en 30 días.
history-never_came = No llegó en 30 días.
history-ended_there = Lo terminaron antes de que quedara en algo, y borraron lo que diste.
history-let_go = Renunciaste a ello.
history-authority = Presentar una queja ante
history-access_denied = Se rechazó en la página del emisor.
history-not_returned = No volviste de su página.
history-promised_anew = Se prometió de nuevo.
history-untrusted = Nadie en quien confíe esta cartera responde por ellos.
history-unsigned_request = Nadie la firmó.
history-other_asker = Preguntó alguien distinto de quien debía.
history-answer_elsewhere = La respuesta habría ido a otra parte.
history-endless_request = No tenía fin.
history-counter_offer_not_taken = No aceptaron que ofrecieras menos.
history-not_satisfied = Lo elegido no se podía dar.
history-find = Buscar en el historial
history-kind = Qué
history-space = Con quién
history-any-space = Cualquiera
history-since = Desde
history-until = Hasta
history-show = Mostrar
history-show-all = Mostrar todo
history-none-found = No hay nada de eso en el historial.
history-delete = Borrar del historial
history-delete-one = Borrar esta entrada
history-delete-named = Borrar esta entrada: { $entry }, { $time }
history-delete-lost = Lo que se borra se pierde para siempre: quién te pidió qué y cuándo, también lo que se rechazó o falló.
history-delete-stays = No retira nada: lo que los espacios tienen se queda allí. Lo que tienen de ti, y las pruebas de ello, también se quedan aquí, en Lo que los espacios tienen de ti.
history-delete-export-first = Guarda antes una copia
history-delete-what = Qué se borra
history-delete-before = Todas las entradas anteriores a un día
history-delete-day = El día
history-delete-everything = Todo
history-delete-which = Elige qué se borra
history-delete-sure = Sé que se pierde para siempre
history-delete-unsure = Marca que sabes que se pierde para siempre
history-delete-do = Borrar
history-delete-to-history = Al historial
history-deleted =
    { $entries ->
        [0] No se borró nada.
        [one] Se borró { $entries } entrada.
       *[other] Se borraron { $entries } entradas.
    }
history-under-way =
    { $entries ->
        [one] { $entries } entrada se queda hasta saber qué fue de su respuesta.
       *[other] { $entries } entradas se quedan hasta saber qué fue de sus respuestas.
    }
export-title = Guardar una copia del historial
export-text = Un archivo con todo lo que se pidió, ofreció y cambió. Nombra los datos y no contiene valores.
export-readable = Un archivo que cualquiera puede leer
export-readable-text = Quien tenga este archivo lee con quién has compartido qué. Guárdalo donde solo tú llegues.
export-csv = Tabla para hoja de cálculo (CSV)
export-json = Para programas (JSON)
digests-title = Mes a mes
digests-text = Una vez al mes tu cartera resume qué tienen los espacios de ti. Lo hace aquí, cuando la usas: no se envía ningún correo y nadie más lo ve.
digests-none = Aún no hay nada. El primero llega al principio del mes siguiente a que compartas algo.
digests-off = Está desactivado.
digests-month = { $month } de { $year }
digests-summary = En { $month }: { $has }; { $given }; { $ended }.
digests-has =
    { $spaces ->
        [0] ningún espacio tenía datos tuyos
        [one] { $spaces } espacio tenía datos tuyos
       *[other] { $spaces } espacios tenían datos tuyos
    }
digests-given =
    { $spaces ->
        [0] no compartiste nada
        [one] compartiste algo con { $spaces } espacio
       *[other] compartiste algo con { $spaces } espacios
    }
digests-ended =
    { $spaces ->
        [0] no terminó nada
        [one] terminó algo en { $spaces } espacio
       *[other] terminó algo en { $spaces } espacios
    }
digests-list-has =
    { $spaces ->
        [0] Ningún espacio tenía datos tuyos al final del mes.
       *[other] Tenían datos tuyos al final del mes:
    }
digests-list-given =
    { $spaces ->
        [0] No compartiste nada.
       *[other] Compartiste:
    }
digests-list-ended =
    { $spaces ->
        [0] No terminó nada.
       *[other] Ya no está:
    }
digests-put-away = Apartar
digests-put-away-named = Apartar { $month }
digests-turn-off = Desactivar
digests-turn-on = Activar
month-01 = enero
month-02 = febrero
month-03 = marzo
month-04 = abril
month-05 = mayo
month-06 = junio
month-07 = julio
month-08 = agosto
month-09 = septiembre
month-10 = octubre
month-11 = noviembre
month-12 = diciembre
spaces-title = Lo que los espacios tienen de ti
spaces-none = Aún no has compartido nada con un espacio.
spaces-has-nothing = No le diste ningún dato tuyo.
spaces-left = Te fuiste el { $date }.
spaces-since = desde el { $date }
spaces-until-leaving =
    { $days ->
        [one] se guarda hasta el { $date }; de un miembro, hasta { $days } día después de irse
       *[other] se guarda hasta el { $date }; de un miembro, hasta { $days } días después de irse
    }
spaces-endless = se guarda sin fecha
spaces-unproven = por lo que se sabe: no dieron prueba
spaces-seen-team = lo ve el equipo
spaces-seen-owner-and-managers = lo ven propiedad y gestión
spaces-seen-owner = lo ve la propiedad
spaces-seen-members = lo ven los miembros de allí
spaces-seen-brand = lo ven los espacios de la marca
spaces-seen-public = lo ve todo el mundo

## La página de un espacio, en la cartera
spaces-member-since = eres miembro desde el { $date }
spaces-member = eres miembro
spaces-no-member = no eres miembro
spaces-ended-it = ha terminado tu alta y ha borrado lo que diste
spaces-has =
    { $details ->
        [0] no le diste ningún dato tuyo
        [one] tiene { $details } dato tuyo
       *[other] tiene { $details } datos tuyos
    }
spaces-waits =
    { $changes ->
        [one] { $changes } cambio espera
       *[other] { $changes } cambios esperan
    }
spaces-given-up =
    { $changes ->
        [one] { $changes } cambio no se vuelve a enviar por sí solo
       *[other] { $changes } cambios no se vuelven a enviar por sí solos
    }
space-of-most = Si no se dice otra cosa:
spaces-muted = silenciado
spaces-networks = Tus redes
spaces-networks-none = Aún no perteneces a ninguna red.
spaces-offices = Oficinas de pasaportes
spaces-offices-text = Una oficina pide datos para comprobarlos, y los borra en un día.
space-none-title = Este espacio no está en tu cartera
space-none-text = Vuelve a tus espacios y elige uno allí.
space-detail-none-title = Este espacio no tiene ese dato
space-detail-none-text = Según tu cartera no tiene nada con ese nombre, o ya no. Vuelve a la página del espacio.
space-has = Lo que tiene de ti
space-value-unknown = El valor no se guarda en tu cartera. Pregunta al espacio qué tiene para verlo.
space-value-yes = sí
space-value-no = no
space-since = Desde cuándo
space-until = Hasta cuándo
space-until-leaving =
    { $days ->
        [0] se guarda mientras eres miembro, y después no
        [one] se guarda mientras eres miembro, y { $days } día después
       *[other] se guarda mientras eres miembro, y { $days } días después
    }
space-checked = Comprobado por
space-checked-office = comprobado por tu oficina de pasaportes
space-checked-nobody = tu propia palabra, sin comprobar
space-checked-space = firmado por un espacio tuyo
space-checked-other = firmado por otros
space-for = por qué: { $purpose }
space-everything = todo
space-ask-title = Lo que dicen ellos
space-ask-text = La lista de arriba es según las pruebas que te dio { $space }. Pregúntale qué tiene ahora, y mira lo que otros ven de ti allí.
space-ask = Preguntar qué tiene
space-ask-as = Verme como me ven otros
space-asked = Preguntando a { $space }
space-asked-text = Tarda un momento. No se pierde nada si dejas esta página.
space-too-many = Hay demasiadas cosas en marcha. Espera un momento y vuelve a intentarlo.
space-unclear = No se envió nada: la página era demasiado antigua. Abre otra vez la página del espacio.
space-gone-title = Esta página se acabó
space-gone-text = Lo que resultó está en la página del espacio y en tu historial.
space-seen-title = Lo que { $space } dice que tiene
space-seen-all = Esto es todo lo que { $space } dice que tiene de ti.
space-seen-as-members = Según { $space }, esto es todo lo que ven de ti los miembros de allí.
space-seen-as-brand = Según { $space }, esto es todo lo que ven de ti los otros espacios de la marca.
space-seen-as-public = Según { $space }, esto es todo lo que todo el mundo puede ver de ti.
space-view-team = Todo
space-view-members = Como los miembros de allí
space-view-brand = Como los otros espacios de la marca
space-view-public = Como todo el mundo
space-seen-nothing = Según { $space }, los miembros de allí no ven nada de ti.
space-seen-nothing-brand = Según { $space }, los otros espacios de la marca no ven nada de ti.
space-seen-nothing-public = Según { $space }, los desconocidos no ven nada de ti.
space-seen-none = Según { $space }, no tiene ningún dato tuyo.
space-seen-missing = { $space } firmó que tiene esto de ti, y ahora no lo dice: { $details }. Pregunta a su equipo.
space-seen-unknown = Según tu cartera no se lo diste. Pregunta a su equipo de dónde lo tienen.
space-seen-other-value = Según tu cartera les diste otro valor.
space-seen-other-group = Firmaron otra cosa: { $group }.
space-notes = Lo que el equipo escribió sobre ti
space-notes-text = Se borra cuando termina tu membresía o te vas. Si algo no es cierto o no se debería conservar, pide al equipo que lo borre, u oponte en la página del espacio.
space-note-by = { $name }, { $date }
space-openings = Puertas que abriste
space-openings-text = Lo saben durante 30 días, o hasta que te vayas.
space-opening-opened = { $door }, { $date }: abierta
space-opening-refused = { $door }, { $date }: no se abrió
space-opening-unheard = { $door }, { $date }: la puerta no respondió
space-opening-gone = Una puerta que ya no está
space-objected = El { $date } te opusiste. Sobre qué: { $details }
space-handed-on = Siguió hacia { $to } ({ $date }): { $details }
space-handed-on-open = Siguió hacia { $to } ({ $date }), que no ha confirmado todo lo de después: { $details }
space-group-team = Solo el equipo
space-group-members = También los miembros de allí
space-group-brand = También los otros espacios de la marca
space-group-brand-named = También los equipos y miembros de todos los espacios de { $brand }
space-group-public = Todo el mundo
space-links = En el espacio
space-link-book = Reservar
space-link-people = Gente
space-link-help = Ayuda
space-proofs = Lo que compartiste y cambiaste, con pruebas
space-proof-sharing = compartiste { $details }
space-proof-of-change = Prueba de un cambio
space-proof-sharing-text = { $space } firmó el { $date } que recibió de ti exactamente esto, para qué, y hasta cuándo lo guarda.
space-proof-change-text = { $space } firmó el { $date } que hizo esto porque lo pediste.
space-proof-file = Descargar la prueba
space-proof-file-text = El archivo es lo que firmaron. Nombra datos y no contiene valores; quien lo compruebe no necesita nada más de ti.
space-proof-none-title = No existe esa prueba
space-proof-none-text = Vuelve a la página del espacio y elige una allí.
space-mute-title = Silencio
space-mute-text = Entonces no se te muestra nada de lo que escriben o piden. Tu historial lo conserva, ellos no se enteran, y aquí puedes deshacerlo.
space-mute = Silenciar
space-unmute = Mostrarlo otra vez
space-muted-text = Silenciaste este espacio: no se muestra nada de lo que escribe o pide.
space-object = Oponerte a algo
space-object-card-text = Si usan tus datos de una manera que no te conviene, puedes oponerte, y su equipo tiene que responder.
space-object-title = Oponerte a lo que hace { $space }
space-object-text = Di qué no te conviene y por qué. El equipo de { $space } lo lee y tiene que responderte; la publicidad tiene que dejarla en todo caso. Queda en sus archivos un año, o hasta que te vayas.
space-object-erases-nothing = Con esto no se borra nada. Lo que quieras que desaparezca, retíralo.
space-object-about = De qué se trata
space-object-about-hint = No marques nada si se trata de todo lo que hacen.
space-object-reason-hint = Como máximo 4.000 caracteres.
space-object-send = Oponerme
space-object-no-reason = Di por qué te opones.
space-object-long = Dilo en 4.000 caracteres como máximo.
space-leave-title = Irse
space-leave-text = Primero { $space } dice qué se borra ya y qué se queda hasta cuándo. Después decides.
space-leave = Dejar { $space }
space-detail-at = en { $space }
space-change = Cambiarlo
space-publish = Guardar quién lo ve
space-end-label = Borrarlo el
space-end-hint = Desde ese día ya no lo tienen. Lo más pronto es pasado mañana.
space-end-set = Fijar el día
space-end-remove = Quitar el día
space-end-no-day = Elige un día
space-end-too-soon = Elige un día posterior: lo más pronto es pasado mañana
space-take-back-text = Lo borran enseguida. Primero ves qué pasa después.
space-no-member-text = No eres miembro de allí, así que aquí no se puede cambiar nada.
space-left-keeps = No eres miembro de allí. Guarda esto de ti: { $details }.
space-left-until = Lo último se guarda hasta el { $date }.
space-left-write = Pide a su equipo que lo borre:
space-write-to = Pide a su equipo que borre lo que tiene: { $contact }
space-waiting = Aún no se ha hecho
space-waits-until = Se envía por sí solo a partir del { $date }, mientras tu cartera está abierta; si entonces está cerrada, cuando la abras.
space-waits-given-up = No se vuelve a enviar por sí solo.
space-waits-may-be-done = Se envió antes, y puede que se hiciera. Pregunta al espacio qué tiene para saberlo.
space-send = Enviarlo ahora
space-send-of = Enviar ahora: { $what }
space-cancel = No hacerlo
space-cancel-of = No hacerlo: { $what }
space-did-publish = quién ve { $detail }: { $group }
space-did-until = { $detail }: se borra el { $date }
space-did-endless = { $detail }: sin día en que se borre
space-did-take-back = retiraste { $detail }
space-did-leave = te fuiste
space-did-object = te opusiste
space-do-publish = Quién ve { $detail }: { $group }
space-do-until = Borrar { $detail } el { $date }
space-do-endless = Ningún día en que borren { $detail }
space-do-take-back = Retirar: { $detail }
space-do-change = Un valor nuevo: { $detail }
space-do-passport = Tu número e identificador tal como son ahora
space-do-leave = Irse
space-do-object = Oponerse
space-done-publish = Quién ve { $detail } en { $space } desde ahora: { $group }
space-done-until = { $space } lo borra el { $date }: { $detail }
space-done-endless = { $space } ya no tiene ningún día en que borre esto: { $detail }
space-done-take-back = Has retirado esto de { $space }: { $detail }
space-done-change = { $space } tiene tu valor nuevo: { $detail }
space-done-passport = { $space } tiene tu número e identificador tal como son ahora.
space-done-leave = Has dejado { $space }.
space-done-object = { $space } tiene tu oposición y firmó que llegó. Tiene que responderte en un mes.
space-did-change = { $detail }: un valor nuevo
space-did-passport = tu número e identificador tal como son ahora
space-did-object-about = una objeción sobre { $details }
space-did-answer-hello = respondiste a un saludo de otro miembro, y compartiste: { $details }
space-did-until-some-day = { $detail }: se fijó un día en que se borra
space-kept-registered = { $detail }: hasta el { $date }, como registraron en la red
space-kept-law = { $detail }: hasta el { $date }, por esta regla: { $rule }
space-would-publish = Mostrar a más gente: { $detail }
space-would-take-back = Retirar: { $detail }
space-would-leave = ¿Dejar { $space }?
space-would-now = Lo que pasa enseguida
space-would-erase = Borran: { $details }
space-would-nothing = nada, porque no tienen datos tuyos
space-would-ends = Tu membresía allí termina.
space-would-kept = Lo que se queda
space-would-keeps-nothing = No se queda nada.
space-would-unasked = { $space } no pudo decir qué pasa después. Puedes decidir igualmente: se guarda en tu cartera y se envía cuando respondan.
space-would-needed = Dijeron que lo necesitan. Entonces tu membresía termina, y lo demás se queda los días que registraron.
space-would-leave-unasked = Tu membresía termina, y borran tus datos. Lo que una ley les obliga a guardar, lo dicen cuando respondan.
space-would-leave-instead = Si en cambio te vas, borran también lo demás.
space-would-look-at-leaving = Ver qué pasa al irse
space-keep = Dejarlo como está
space-stay = Seguir siendo miembro
space-show-them = Mostrarlo
space-done-title = Hecho
space-not-done-title = Aún no está hecho
space-done-proof = Lo firmaron, y tu cartera guarda la prueba.
space-to-page = A la página del espacio
space-not-as-said = { $space } hizo otra cosa que lo que había dicho antes de que aceptaras. La prueba de abajo dice qué hizo. Pregunta a su equipo por qué.
space-ended = Tu membresía allí ha terminado.
space-state-waits = Espera
space-state-unknown = No se sabe si se hizo
space-state-refused = No se hizo
space-refused-invalid_request = { $space } no pudo entenderlo. Inténtalo otra vez; si sigue igual, díselo a su equipo.
space-refused-not_held = { $space } dice que no lo tiene. Pregúntale qué tiene.
space-refused-unknown_audience = { $space } no pertenece a ninguna marca, así que no hay nadie de una marca a quien mostrarlo.
space-refused-until_too_soon = { $space } solo acepta un día posterior: al menos un día más tarde.
space-refused-until_too_late = { $space } registró que se borra antes de ese día. Elige uno anterior.
space-refused-not_changeable = { $space } no puede tomar otro valor de esto. Pregunta a su equipo.
space-refused-membership_ended = { $space } dice que tu membresía ha terminado. Pregunta a su equipo.
space-refused-id_used = { $space } dice que se le pidió otra cosa con el mismo nombre. Pregúntale qué tiene.
space-refused-other = { $space } lo rechazó ({ $code }). No cambió nada con esto.
space-problem-unreachable = Ahora no se puede llegar a { $space }.
space-problem-not_now = { $space } no puede hacerlo ahora.
space-problem-no_access = { $space } no deja entrar a tu cartera. Su equipo puede ayudar.
space-problem-malformed = { $space } respondió algo de lo que tu cartera no puede fiarse, o que no entiende. No se tomó nada de ello. Pregunta a su equipo.
space-problem-wrong_proof = Lo que envió { $space } no prueba lo que pediste. Tu cartera no lo da por hecho. Pregunta al espacio qué tiene, y a su equipo por qué.
space-problem-no_membership = Tu cartera no tiene ninguna membresía de { $space }, y solo un miembro puede pedir esto. Pregunta a su equipo.
space-problem-left = Dejaste { $space }. Lo que aún tiene, lo borra su equipo cuando lo pides.
space-problem-check_first = Tu oficina de pasaportes tiene que comprobar antes el valor nuevo: { $details }. Dilo en tus propios datos, pide otra vez en la oficina, y luego cámbialo aquí.
space-problem-not_held = Según tu cartera { $space } no lo tiene: { $details }.
space-problem-nothing_to_show = { $space } lo quiere comprobado: { $details }. Tu oficina de pasaportes tiene que comprobar antes el valor nuevo. Dilo en tus propios datos, pide otra vez en la oficina, y luego cámbialo aquí.
space-problem-seen_by_more = { $space } lo pide con otra promesa que antes: vería el valor nuevo más gente de su equipo de la que prometió. No se dio nada: { $details }. Pregunta al espacio por qué.
space-problem-no_passport_yet = Ningún pasaporte de tu cartera lo dice aún. Llega con copias nuevas de tu oficina.
space-problem-no_fresh_copy = A tu cartera no le queda ninguna copia de la membresía que mostrar. Llegan nuevas por sí solas; inténtalo más tarde, o pregunta al equipo de { $space }.
space-problem-cannot_be_satisfied = A tu cartera no le queda ninguna copia de la membresía que mostrar. Llegan nuevas por sí solas; inténtalo más tarde, o pregunta al equipo de { $space }.
space-problem-no_network = Tu cartera no pertenece a ninguna red, así que no puede saber quién responde.
space-problem-untrusted = Quien responde no es { $space } tal como lo conoce tu red. No se envió nada.
space-problem-no_such_space = Este espacio ya no está en tu cartera.
space-problem-no_such_change = Ya no espera: se hizo o se quitó en otro sitio.
space-problem-vault = Tu cartera no pudo anotarlo. Inténtalo otra vez.
space-problem-other = No se hizo ({ $code }). Tu historial dice más.
change-title = Cambiar: { $detail }
change-value = Valor nuevo
change-spaces = Dónde cambia
change-no-space = No lo tiene ningún espacio del que seas miembro.
change-has = tiene: { $value }
change-nothing-yet = Aún no se envía nada.
change-see = Ver la diferencia
change-empty = Escribe el valor nuevo. Para que un espacio lo borre, recupéralo en la página del espacio.
change-nowhere = Marca al menos un espacio
change-difference-title = La diferencia: { $detail }
change-now = Ahora
change-then = Después
change-same = Ya tiene este valor. No se envía nada.
change-unheld = Según tu cartera no tiene ninguno. No se envía nada.
change-check-mail = Tienen una dirección que comprobó tu oficina de pasaportes. La oficina tiene que comprobar antes la nueva: dila en tus propios datos y pide otra vez en la oficina. Un espacio que acepta también tu propia palabra la toma enseguida.
change-check-other = Lo tienen tal como lo comprobó tu oficina de pasaportes. Pide antes al equipo de tu espacio que lo corrija y pide otra vez en la oficina. Un espacio que acepta también tu propia palabra lo toma enseguida.
change-in-vain = No cambiaría nada en ninguna parte.
change-when = Cuándo
change-apart = Cada uno a su propia hora, en doce horas
change-apart-why = Si se enteraran en el mismo minuto, los espacios sabrían que es la misma persona.
change-at-once = Todos a la vez
change-send = Cambiarlo
change-back = Volver, para editarlo
change-asked = Avisando a los espacios
change-the-space = el espacio
change-answers-title = Lo que respondió cada espacio
change-told-apart = Se avisa a los espacios uno por uno
change-none-title = Esto no se cambia aquí
change-none-text = Tu número e identificador cambian por otros caminos, y lo que solo otros pueden decir, ellos lo tienen que corregir.
failed-muted = Silenciaste este espacio, así que no se muestra lo que pide. No se envió nada. Su página en tu cartera lo vuelve a mostrar.
history-muted = Lo habías silenciado.

## Mensajes, en la cartera
messages-title = Mensajes
messages-none = Nadie te ha escrito.
messages-sign-up = { $space } te invita a apuntarte
messages-here-i-am = { $space } pregunta si estás ahí
messages-approved = { $space } te ha admitido
messages-declined = { $space } dijo que no
messages-decision = { $space } ha decidido
messages-offer = { $space } tiene algo para ti
messages-change = { $space } avisa de un cambio
messages-note = { $space } te escribió
messages-came = llegó el { $date }
messages-until = vale hasta el { $date }
messages-leads = lleva a { $host }
messages-opened = abierto
messages-open-of = Abrir el mensaje de { $space }
messages-delete = Borrar
messages-delete-of = Borrar el mensaje de { $space }
messages-block = Nada más de { $space }
messages-older = Mensajes anteriores
messages-newer = Mensajes más nuevos
messages-hello = { $name } te saluda, en { $space }
messages-hello-answered = Respondiste a { $name }, en { $space }
messages-hello-answer = { $name } respondió a tu saludo, en { $space }
hello-somebody = Alguien
hello-detail = { $detail }:
hello-checked = comprobado por una oficina
hello-who = Quién es, según el espacio
hello-who-short = { $space } dice que es:
hello-shared = Comparte contigo:
hello-look = Ver y responder
hello-read = Lo he leído
hello-page-title = { $name } te saluda
hello-their-page = Lo que muestra en { $space }
hello-not-proven = Quién es lo dice { $space }, y nada de aquí te lo demuestra. Tampoco está demostrado que escribiera estas palabras.
hello-answer-title = Responder
hello-answer-text = Tu respuesta va a { $name } por medio de { $space }, sellada para la cartera que según { $space } es la suya: si { $space } es honesto, no puede leerla. Lo que compartes no lo puedes retirar.
hello-no-contacts = En esta cartera no tienes ninguna dirección de correo, ningún teléfono ni ninguna página que puedas compartir.
hello-share = Lo que { $name } recibe de ti
hello-answer = Compartir y responder
hello-not-now = Ahora no
hello-block = Bloquear a esta persona
hello-block-hint = A nadie se le dice que lo dejas para luego. A quien bloqueas ya no te llega nada suyo de esta manera, y no se le dice: { $space } no te trae nada más de su parte.
hello-report-title = Denunciar
hello-report-text = Al equipo de { $space } se le dice a quién denuncias y por qué. No recibe las palabras, ni tu nombre.
hello-report-why = Por qué
hello-report-unwanted = No lo quiero
hello-report-phishing = Se hace pasar por otra persona, o pide contraseñas o dinero
hello-report-abuse = Insulta o amenaza
hello-report-other = Otra cosa
hello-report = Denunciar a esta persona
hello-reported = Denunciaste a esta persona ante el equipo de { $space }.
hello-nothing-chosen = Elige al menos una manera de contactarte.
hello-choice-changed = Lo que puedes compartir ha cambiado desde que se mostró esta página, y no se compartió nada. Míralo y elige de nuevo.
hello-unconfirmed = Respondiste, y { $space } no lo ha confirmado. Puede haberle llegado: { $details }. Puedes enviar lo mismo otra vez.
hello-again = Enviarlo otra vez
hello-answered-already = Ya respondiste, y el espacio no lo ha confirmado. Abre el mensaje para enviar lo mismo otra vez.
hello-too-much-chosen = Es demasiado para una respuesta. Elige menos, ocho como mucho.
hello-no-reason = Elige por qué denuncias a esta persona.
hello-over = A este saludo ya no se le puede decir nada. Se respondió, o se acabó su tiempo, o uno de los dos ya no es miembro de allí.
ended-page = Este mensaje lleva a una página
failed-no_such_message = Ese mensaje ya no existe.
failed-expired = Este mensaje ya no vale. Pide al espacio que escriba de nuevo.
failed-nothing_to_open = No hay nada que abrir en este mensaje.
failed-link_elsewhere = El enlace de este mensaje no lleva a quien lo escribió. Se dejó como estaba.
failed-request_elsewhere = Lo que hay detrás de esta invitación está en otra dirección que la del espacio. Se dejó como estaba.
details-text = Lo que dices de ti y nadie ha comprobado. Un espacio que acepta tu propia palabra lo ve solo cuando lo compartes. Lo que los espacios ya tienen no cambia con esto.
details-save = Guardar
details-mail = Escribe una dirección de correo, como tu@example.org
details-day = Escribe un día pasado, como 1990-01-02
details-phone = Escribe un número con su país, como +49 30 123456
details-long = Es demasiado largo: 2000 caracteres como mucho.
details-line = Escribe una línea de 200 caracteres como máximo
details-letters = Contiene signos que ninguna página puede mostrar
details-web = Escribe una dirección como https://example.org
details-lines = Escribe 32 como máximo, cada una en una línea de hasta 200 caracteres
details-saved = Guardado.
details-back = Volver a lo que pide { $asker }
details-you = Tú
details-contact = Cómo contactarte
details-work = Tu trabajo
details-billing = Para las facturas
details-commas = Sepáralas con comas
details-one-a-line = Una dirección por línea
details-in-every-set-short = Igual en todos los juegos
details-in-every-set = Igual en todos los juegos: { $detail }
sets-title = Juegos de datos
sets-text = Cuando un espacio pide algo, eliges qué juego va. Lo que es igual en todos los juegos se cambia en todos a la vez.
sets-why = ¿Dices cosas distintas de ti en sitios distintos? Haz un juego para cada uno, por ejemplo por cuenta ajena y por cuenta propia, y elige uno cuando un espacio pida algo.
sets-add = Añadir un juego
sets-first-field = Lo que tienes ahora se llama
sets-first-example = Por cuenta ajena
sets-name-field = El juego nuevo se llama
sets-name-hint = Este nombre solo lo ves tú.
sets-rename-field = Nombre de este juego
sets-rename = Cambiar el nombre
sets-remove = Quitar este juego
sets-remove-text = Quitar «{ $name }» y todo lo que solo dice este juego. Lo que los espacios ya tienen se queda allí.
sets-wrong-name = Escribe un nombre de 40 caracteres como máximo
sets-wrong-taken = Otro juego tiene este nombre
sets-wrong-many = Ya hay ocho juegos: quita uno antes
sets-wrong-sure = Marca que el juego puede quitarse
picture-title = Foto
picture-alt = Tu foto
picture-none = No tienes foto.
picture-add = Añadir una foto
picture-change = Cambiar la foto
picture-text = Un cuadrado pequeño de tu cara, o de lo que quieras. Tu navegador hace una foto nueva: no va dónde ni cuándo se hizo, ni con qué cámara.
picture-now = La foto actual
picture-remove = Quitarla
picture-needs-script = Tu navegador debe ejecutar scripts para hacer una foto pequeña.
picture-choose = Elige una foto
picture-take = Haz una foto
picture-crop = Elige la parte
picture-crop-hint = Arrástrala o usa los controles.
picture-crop-alt = La parte elegida de tu foto
picture-zoom = Más cerca
picture-across = Izquierda o derecha
picture-down = Arriba o abajo
picture-as-seen = Como la verán los espacios
picture-preview-alt = Tu foto nueva, como se guardará
picture-in-every-set = La misma foto en todos los juegos
picture-save = Usar esta foto
picture-size = 0 kB
picture-unreadable = Esto no es una foto que tu navegador pueda leer. Elige un JPEG, PNG o WebP.
picture-too-large = Este archivo es demasiado grande. Elige uno de menos de 30 MB.
picture-wrong = Esto no es una foto como las que se guardan. Elígela otra vez.
picture-wrong-long = Esta foto es demasiado grande. Elígela otra vez.
picture-wrong-measures = Esta foto no es un cuadrado pequeño. Elígela otra vez.
picture-wrong-beside = Había algo más en el archivo ({ $what }), así que no se guardó.
asks-fill-in = Rellenar tus propios datos

carry-title = Llevársela
carry-text = Todo lo que hay en tu cartera va a un archivo: tu pasaporte y lo que contiene, lo que tienen de ti los espacios, tus datos y tu historial. Tu número sigue siendo el mismo.
carry-not-borrowed = Este dispositivo no es tuyo. El archivo se quedaría en él. Hazlo en un dispositivo tuyo.
carry-anew = Abre antes tu cartera de nuevo, para que nadie se la lleve si la encuentra abierta. Bloquéala, ábrela y vuelve aquí.
carry-what-for = ¿Para qué?
carry-choose = Elige para qué es el archivo.
carry-move = Mudarla a otro lugar
carry-move-text = Tu cartera de aquí descansa desde ahora: puedes mirarla y no responde a nadie.
carry-keep = Guardarla, por si esta se pierde
carry-keep-text = Tu cartera de aquí sigue. Lo que todavía puede mostrar no va dos veces, así que la del archivo lo renueva primero.
carry-passphrase = Una frase de acceso para el archivo
carry-passphrase-hint = Al menos 8 caracteres; mejor varias palabras. La escribes en el otro lugar. Tu código de recuperación también abre el archivo.
export-passphrase-hint = Al menos 8 caracteres; mejor varias palabras. La escribes cuando leas el historial. Tu código de recuperación también abre el archivo.
carry-code-needed = Escribe una vez tu código de recuperación, desde tu papel: sin eso no abriría tu cartera en el otro lugar.
carry-write = Escribir el archivo
carry-saved = El archivo está guardado. Tenlo donde solo llegues tú.
carry-not-written = No se pudo escribir el archivo. No ha cambiado nada.
carry-then = Qué viene después
carry-then-move = Qué viene después de un traslado
carry-then-bring = En el otro lugar elige «Traer una cartera» y elige este archivo.
carry-then-look = Mira si está todo.
carry-then-close = Cierra esta cartera. De las dos solo se puede usar una: si responden ambas, los espacios podrían saber que dos respuestas tuyas son de una misma persona.
bring-title = Traer una cartera
bring-text = Trae tu cartera del lugar donde está ahora, con tu número, tus datos y tu historial.
bring-close-other = La cartera del otro lugar hay que cerrarla cuando se abra esta. Solo se puede usar una de las dos.
bring-done = Tu cartera está aquí. Cierra la del otro lugar: de las dos solo se puede usar una.
bring-file = El archivo de tu cartera
bring-choose = Elige el archivo
bring-choose-hint = Termina en .passport-wallet. Lo escribes en el otro lugar, en «Llevársela».
bring-words = Frase de acceso del archivo
bring-words-hint = O tu código de recuperación, con guiones o sin ellos.
bring-opens = Cómo se abre aquí
bring-by-passkey = Traerla y abrirla aquí con una llave de acceso
bring-passphrase = Frase de acceso de aquí
bring-by-passphrase = Traerla con esta frase
bring-no-file = Elige el archivo de tu cartera.
bring-here-already = Esta cartera ya está aquí, y no se ha tomado nada del archivo. Abre la que está aquí; si descansa desde que se trasladó, retómala allí. Para traerla de nuevo, ciérrala antes.
bring-one-here = Aquí ya hay una cartera
bring-one-here-text = Este lugar guarda una sola cartera, y no se ha tomado nada de ningún archivo. Si la de tu archivo es esta, no queda nada por hacer.
bring-one-here-close = Para usar otra aquí, cierra antes esta:
bring-no-words = Escribe la frase de acceso del archivo o tu código de recuperación.
bring-code-needed = Este archivo viene de una máquina tuya, y en un servidor tu código de recuperación tiene que abrir también sus claves. Escribe aquí el código de recuperación en lugar de la frase del archivo. No se ha traído nada.
bring-wrong-words = Esto no abre el archivo. Comprueba lo que has escrito. No se ha traído nada.
bring-history = Es el archivo de un historial. Se puede leer y no es una cartera.
bring-newer = En este archivo hay algo que este lugar no conoce. Quizá uno más nuevo lo conozca. No se ha traído nada.
bring-no-such-file = No es el archivo de una cartera. Termina en .passport-wallet.
bring-damaged = Este archivo no está como se escribió. Toma otra copia. No se ha traído nada.
bring-too-slow = Este archivo llegó demasiado despacio y no se ha traído nada. Inténtalo de nuevo donde la conexión sea mejor.
bring-too-large = Este archivo es mayor que el de una cartera. No se ha traído nada.
moved-title = Mudada
moved-since = Tu cartera se mudó el { $date }. Aquí se puede mirar y no responde a nadie.
moved-what = Qué significa
moved-again = Escribir el archivo otra vez
moved-take-up = Usar esta de nuevo
moved-take-up-text = Si no la has traído, o la has vuelto a cerrar allí, puedes usar tu cartera aquí como antes.
moved-sure = Sé que la del otro lugar ya no se puede usar
moved-unsure = Marca que sabes que la otra ya no se puede usar
close-title = Cerrar tu cartera
close-text = Aquí se borra todo lo que hay en tu cartera. Nadie puede recuperarlo.
close-moved = Tu cartera sigue en el otro lugar, con su número y tus datos. Aquí se borra todo. Si todavía no la has abierto allí, hazlo primero.
close-before = Antes de hacerlo
close-no-space = Ningún espacio tiene datos tuyos.
close-spaces = Estos espacios todavía tienen datos tuyos y los conservan cuando tu cartera ya no esté. Date de baja allí antes, o retira lo que quieras:
close-left = Estos espacios guardan datos tuyos según sus propias reglas, aunque los dejaste. Sus páginas dicen hasta cuándo y a dónde escribir:
close-keep = Si puede hacerte falta, escríbela antes en un archivo:
close-what = Qué se borra
close-goes = Tu pasaporte y lo que contiene, tus datos, lo que dice quién tiene qué de ti, tu historial y toda manera de abrirla.
close-number = Tu número ya no lleva a ninguna parte. Quien lo sepa no encuentra a nadie.
close-host = Lo que este servidor sabe de tu cartera: su nombre, cuándo se abrió por última vez, dónde está abierta. Las copias que guarde de su disco están selladas y envejecen.
close-anew = Abre antes tu cartera de nuevo, para que nadie la cierre si la encuentra abierta. Bloquéala, ábrela y vuelve aquí.
close-sure = Sé que se pierde para siempre
close-unsure = Marca que sabes que se pierde para siempre
close-do = Cerrarla para siempre
closed-title = Tu cartera está cerrada
closed-text = Aquí no queda nada de ella, y tampoco en este navegador.
closed-passkey = La llave de acceso que hiciste para ella ya no abre nada. Puedes quitarla donde tu dispositivo guarda las llaves.
closed-spaces = Los espacios que tienen datos tuyos los siguen teniendo. Pregúntales en la dirección de sus correos.
closed-goes-on = Sigue en el otro lugar. Tu número lleva allí, y los espacios te encuentran allí.
closed-on = A la primera página de aquí
phone-lost-title = Si pierdes el teléfono
phone-lost-text = Tu cartera no está solo en tu teléfono. Aquí ves cómo llegas a ella sin él, y puedes probarlo ahora que todavía lo tienes.
phone-lost-own-text = Tu cartera está en la máquina que muestra estas páginas y en ningún otro sitio. Si esa máquina se pierde, un archivo de tu cartera la trae de vuelta: guarda uno lejos de ella. Tu código de recuperación también abre el archivo.
phone-lost-own-file = Guardar un archivo de tu cartera
phone-lost-ways = Maneras que quedan
phone-lost-passphrase = Tu frase de acceso, desde cualquier navegador.
phone-lost-own-passphrase = Tu frase de acceso, desde cualquier navegador que llegue a esa máquina.
phone-lost-try-code = Probar el código de tu papel
phone-lost-try = Pruébalo
phone-lost-never = Todavía no lo has probado.
phone-lost-under-way = En marcha: abre tu cartera sin { $way }.
phone-lost-done = Hecho el { $date }: la abriste con { $way }.
phone-lost-try-text = Di qué habrías perdido. Tu cartera se bloquea; ábrela de otra manera, con otro dispositivo o con el código de tu papel. Eso es todo.
phone-lost-own-try-text = Di qué habrías perdido. Tu cartera se bloquea; ábrela de otra manera. Eso es todo.
phone-lost-without = ¿Qué habrías perdido?
phone-lost-browser = El navegador que sabe mi frase de acceso
phone-lost-begin = Bloquearla y abrirla de otra manera
phone-lost-choose = Elige qué habrías perdido.
phone-lost-gone = Cuando lo hayas perdido de verdad
phone-lost-gone-text = Abre tu cartera en otro dispositivo y ven aquí. Bloquéala en todos los demás y quita la llave de acceso del teléfono perdido.
phone-lost-own-gone-text = ¿Se ha perdido la máquina? Trae tu cartera a otro lugar desde su archivo. ¿Solo se ha perdido un teléfono o un navegador en el que la abriste? Bloquéala en todos los demás y quita su llave de acceso.
phone-lost-end = Bloquearla en todas partes menos aquí
phone-lost-ended = Está bloqueada en todas partes menos aquí.
phone-lost-nowhere = No está abierta en ningún otro lugar.
phone-lost-number = Tu número sigue
phone-lost-number-text = Es tuyo y no de tu teléfono. Los espacios te encuentran por él como antes.
export-sealed = Un archivo que solo tú puedes leer
export-sealed-text = Lo mismo, sellado con una frase de acceso. Lo lee «passport wallet open-export» y todo programa que conozca la forma.

## Lo que se puede mostrar, en la cartera
held-title = Lo que puedes mostrar
held-look = Mirar si sigue valiendo
held-none-title = Todavía nada
held-none-text = Aquí llega lo que te da una oficina de pasaportes o un espacio: un pasaporte, una membresía y lo demás que otros firmen para ti.
held-from = De { $issuer }
held-state-good = Vale
held-state-expires-soon = Caduca pronto
held-state-expired = Caducado
held-state-used-up = Agotado
held-state-suspended = Suspendido
held-state-revoked = Revocado
held-state-ended = Terminado
held-state-making = Se está preparando
held-state-unchecked = Ha llegado y aún no está comprobado
held-state-not-given = No se dio
held-uses =
    { $uses ->
        [one] Alcanza para un uso.
       *[other] Alcanza para unos { $uses } usos.
    }
held-until = Hasta el { $date }.
held-ended = Terminó el { $date }.
held-endless = No tiene fin.
held-by-itself = Tu cartera consigue otros por sí misma antes de que se acaben, mientras está abierta.
held-ask = Solo { $issuer } puede darte otro. Pregunta allí.
held-says-used-up = Cada copia se muestra una sola vez, para que nadie sepa que las dos veces fuiste tú. Ya se mostraron todas.
held-says-suspended = { $issuer } dice que ahora no vale, así que no se ofrece cuando alguien pregunta. Pregunta allí por qué. Cuando vuelva a valer, tu cartera lo verá por sí misma.
held-says-revoked = { $issuer } lo ha retirado. Ya no se ofrece cuando alguien pregunta. Pregunta allí por qué.
held-says-left = Dejaste { $issuer } el { $date }, y con eso terminó.
held-says-making = { $issuer } aún no lo tenía listo. Tu cartera vuelve a preguntar por sí misma, no antes de { $time }, mientras está abierta.
held-says-unchecked = Ha llegado. Tu cartera aún no ha podido averiguar si quien lo firmó puede hacerlo, y lo intenta otra vez por sí misma.
held-says-said = Dicen: { $said }
held-says-code = Lo rechazaron ({ $code }).
held-promised = Prometido el { $date }.
held-content = Lo que dice
held-content-of = Lo que dice: { $kind }
held-not-given-on = Desde el { $date }.
held-anew = Conseguir otro
held-anew-named = Conseguir otro: { $kind }
held-anew-at = Conseguir otro en { $host }
held-throw = Tirar
held-throw-named = Tirar: { $kind }
held-throw-follows = Desaparece de esta cartera para siempre, con todas sus copias. { $issuer } no se entera, y lo que mostraste de ello sigue en manos de quien lo vio.
held-throw-passport = Tu número sigue siendo tuyo. Para mostrarlo a un espacio necesitas otra vez un pasaporte.
held-throw-membership = Sigues siendo miembro de { $issuer }. Sin esto, tu cartera no puede cambiar ni retirar lo que tiene de ti. Para terminar con todo, mejor déjalo en su página.
held-let-go = No esperarlo más
held-let-go-named = No esperarlo más: { $kind }
held-let-go-follows = Tu cartera no vuelve a preguntar por ello. Si lo quieres más adelante, tienes que pedirlo de nuevo donde se prometió.
held-put-away = Quitar de la vista
held-put-away-named = Quitar de la vista: { $kind }
held-sure = Sé que entonces se pierde
held-unsure = Marca que sabes que entonces se pierde
held-gone = Eso ya no está en tu cartera.
held-more = Más
held-before = Atrás
held-by-itself-here = Esta página muestra por sí misma lo que llega.
home-held =
    { $kinds ->
        [one] { $kinds } cosa se ha agotado. Consigue una nueva antes de mostrarla.
       *[other] { $kinds } cosas se han agotado. Consigue otras nuevas antes de mostrarlas.
    }
home-changes =
    { $changes ->
        [one] { $changes } cambio espera en { $spaces }.
       *[other] { $changes } cambios esperan en { $spaces }.
    }
home-changes-given-up =
    { $changes ->
        [one] { $changes } cambio en { $spaces } no se vuelve a enviar por sí solo.
       *[other] { $changes } cambios en { $spaces } no se vuelven a enviar por sí solos.
    }
history-thrown_away = Lo tiraste.
failed-renew-unreachable = No se pudo contactar con ellos. Inténtalo otra vez dentro de un momento; no se gastó nada.
failed-renew-last_copy_kept = Hoy no dieron nada nuevo. Se guarda tu última copia, para que quede una con la que pedir: inténtalo otra vez mañana.
failed-renew-no_new_copies = No dieron nada nuevo. Lo hacen un número limitado de veces, y no con lo que han revocado. Pregunta allí o inténtalo otra vez mañana.
failed-renew-no_copies_yet = Aceptaron tu copia y aún no tienen nada nuevo. Mira más tarde.
failed-renew-nothing_to_renew = De esto no hay uno nuevo que conseguir aquí.
failed-renew-no_fresh_copy = No queda ninguna copia con la que pedir. Consigue uno nuevo donde lo conseguiste la primera vez.
failed-renew-malformed_response = Lo que respondieron no le sirve a tu cartera. No se gastó nada.

# Saber que ha llegado algo
notices-title = Saber cuándo llega algo
notices-text = Se te dice que hay novedades, y nada más: ningún nombre, ningún texto. Lo que sea lo ves en tu cartera.
notices-here = En este navegador
notices-off = Este navegador no te avisa de nada.
notices-on = Este navegador te avisa cuando llega algo, también con la cartera cerrada.
notices-denied = Has prohibido a este navegador mostrar avisos de tu cartera. Puedes permitirlo en los ajustes del navegador para esta página.
notices-unsupported = Este navegador no puede avisarte con la página cerrada. En un iPhone, añade primero tu cartera a la pantalla de inicio.
notices-failed = No ha funcionado: este navegador no alcanza ningún servicio que lo despierte. Inténtalo más tarde o elige el correo.
notices-borrowed = Este dispositivo no es tuyo, así que no se deja nada en su navegador.
notices-turn-on = Avisarme aquí
notices-turn-off = No avisarme aquí
notices-needs-script = Esto necesita JavaScript en tu navegador. El correo funciona sin él.
notices-browsers = Navegadores que te avisan
notices-mail = Por correo
notices-mail-text = Si una hora después de que llegue algo no has mirado, recibes un correo; uno al día como mucho. Dice que hay novedades, y nada más.
notices-mail-field = Dirección de correo
notices-mail-hint = Quien lleva este servidor la guarda solo para esto y la borra cuando la quites.
notices-mail-add = Enviarme correos
notices-mail-remove = No más correos
notices-mail-on = Los correos van a { $address }.
notices-mail-waits = Un correo va de camino a { $address }. Abre el enlace que lleva y los correos quedan activados.
notices-mail-asked = Mira tu correo: hay un enlace que activa los correos.
notices-mail-wrong = Escribe una dirección de correo, como nombre@example.org.
notices-no-mails = Este servidor no envía correos.
notices-who = Quién se entera de qué
notices-who-host = Este servidor se entera de que ha llegado algo para ti, y de cuándo; no de quién, ni de qué.
notices-who-office = La oficina que guarda tus mensajes se entera de que tu cartera está en este servidor.
notices-who-push = Quien hizo tu navegador, o lleva tu correo, se entera de que este servidor te ha avisado, y de cuándo.
notices-own-machine = Tu cartera funciona en tu propia máquina, donde nadie la alcanza. Busca mensajes mientras alguna de sus páginas está abierta, y los muestra ahí.
notices-not-taken = No se ha podido activar. No ha cambiado nada.
notices-confirm-title = Correos de tu cartera
notices-confirm-text = Alguien escribió tu dirección en una cartera, para recibir un correo cuando llegue algo: uno al día como mucho. Si fuiste tú, actívalo.
notices-confirm-button = Activar los correos
notices-confirm-done = Los correos están activados
notices-confirm-done-text = Recibes un correo cuando ha llegado algo y no has mirado durante una hora.
notices-stop-title = No más correos
notices-stop-text = No recibirás más correos de esta cartera, y tu dirección se borra aquí. Tus mensajes siguen en tu cartera.
notices-stop-button = Parar los correos
notices-stop-done = Los correos están desactivados
notices-stop-done-text = Tu dirección se ha borrado aquí. Puedes volver a activar los correos en tu cartera.
notices-gone = Este enlace ya no lleva a ninguna parte
notices-gone-text = Los correos a esta dirección están desactivados. Puedes activarlos en tu cartera.
notices-asks-subject = Correos de tu cartera: actívalos
notices-asks-mail =
    Alguien escribió tu dirección en una cartera, para recibir un correo cuando llegue algo. Si fuiste tú, abre esta página y actívalo:

    { $link }

    Si no fuiste tú, no hagas nada y no sabrás más de esto.
notices-news-subject = Hay novedades en tu cartera
notices-news-mail =
    Hay novedades. Abre tu cartera para ver qué son:

    { $wallet }

    No más correos como este:
    { $stop }
notices-open = Avisos fuera de tu cartera
