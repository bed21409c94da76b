# Las palabras de las pantallas que dicen varios. Las mismas claves y los mismos lugares que en inglés.

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
qr-caption = Escanéalo en tu cartera, en otro dispositivo: Menú, Escanear.
qr-alternative = Código QR con la misma dirección que el enlace de abajo
open-wallet = Abrir mi cartera
open-wallet-at = Abrir mi cartera en { $host }
wallet-other = Mi cartera tiene una dirección web
wallet-address = Dirección de tu cartera
wallet-address-hint = Como la muestra tu navegador cuando tu cartera está abierta. Este navegador la recuerda para este sitio, y nadie más la sabe.
wallet-address-wrong = Escribe la dirección como la muestra tu navegador cuando tu cartera está abierta. Empieza por https://, o nombra esta máquina, como wallet.localhost:8070.
wallet-remember = Recordarla
wallet-forget = Olvidarla
wallet-installed = Abrirlo con la cartera instalada en este navegador
wallet-none = ¿No pasa nada? Entonces ninguna cartera de este dispositivo toma estos enlaces. Si la tuya tiene una dirección web, dila arriba. Si aún no tienes ninguna, el equipo de tu espacio puede decirte cómo conseguirla.
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
who-sees-owner-and-managers = Quién lo ve: propiedad y gestión de { $space }
who-sees-owner = Quién lo ve: la propiedad de { $space }
kept-until = Guardado hasta { $date }
audience-team = El equipo del espacio
audience-owner-and-managers = Propiedad y gestión del espacio
audience-owner = La propiedad del espacio
audience-members = Miembros de este espacio
audience-brand = Miembros de todos los espacios de { $brand }
audience-public = Todo el mundo
proof-of-sharing = Prueba de lo compartido
network-number = Número de pasaporte de la red

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

## Cómo se llaman los datos
detail-sub = tu número de miembro
detail-since = miembro desde
detail-space = el espacio del que eres miembro
detail-check = cómo comprobaron tus datos
detail-checked-on = cuándo comprobaron tus datos
detail-number = número de pasaporte de la red
detail-did = tu identificador
detail-email = dirección de correo
detail-email-verified = que la dirección de correo se confirmó
detail-name = nombre completo
detail-given-name = nombre
detail-family-name = apellidos
detail-nickname = apodo
detail-birthdate = fecha de nacimiento
detail-phone-number = número de teléfono
detail-address = dirección
detail-picture = foto
detail-company = empresa
detail-role = puesto
detail-skills = habilidades
detail-links = enlaces
detail-profile = página sobre ti
detail-billing = datos de facturación
detail-billing-name = nombre en las facturas
detail-billing-tax-id = número fiscal
detail-billing-address = dirección en las facturas
detail-address-street-address = calle y número
detail-address-postal-code = código postal
detail-address-locality = localidad
detail-address-region = región
detail-address-country = país
detail-website = sitio web
detail-locale = idioma
detail-bio = sobre ti
detail-plan = tarifa
detail-age = edades que has cumplido
detail-age-over = que tienes { $years } años o más
checked-by-document = con un documento
checked-in-person = por conocerte en persona
kind-passport = un pasaporte de la red
kind-profile = un perfil comprobado por una oficina
kind-membership = una membresía
kind-statement = una declaración de un espacio sobre ti
kind-own = tus propios datos
kind-terms = quién puede ver qué
