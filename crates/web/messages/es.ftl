# Las palabras de las pantallas. Las mismas claves y los mismos lugares que en.ftl.

## Frame
skip-to-content = Ir al contenido
footer-note = Tú decides qué recibe cada espacio, y puedes retirarlo.
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
code-hint = Están en la pantalla de tu cartera después de compartir.
code-wrong = Estos no son los dígitos de tu teléfono. Compruébalos y escríbelos de nuevo.
code-used-up = Era el último intento. Empieza de nuevo para recibir otros dígitos.
code-digits = Escribe los 6 dígitos.
link-label = Enlace
qr-caption = Escanéalo con la cámara de tu teléfono
qr-alternative = Código QR con la misma dirección que el enlace de abajo
open-wallet = Abrir mi cartera
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
email-text = Alguien, probablemente tú, pidió a { $office } que compruebe esta dirección. Pulsa el botón para confirmarla.
email-confirm = Sí, es mi dirección
email-done-title = Tu dirección está confirmada
email-done-text = Puedes cerrar esta página y volver a tu cartera.
email-expired-title = Este enlace ya no sirve
email-expired-text = Pide uno nuevo en tu cartera.
email-mail-subject = Confirma tu dirección de correo
email-mail-text = Alguien, probablemente tú, pidió a { $office } que compruebe esta dirección de correo. Abre este enlace para confirmarla: { $link } Si no fuiste tú, no hagas nada.

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
