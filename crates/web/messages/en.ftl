# Words on screens. The other languages have the same keys with the same places.
# Use: space, ask, needed, optional, share, checked by, your own details, who sees it, kept until,
# take back, leave, proof of sharing, payment permission.

## Frame
skip-to-content = Skip to the content
footer-note = You decide what each space gets, and can take it back.
language-switch = Language

## Actions
continue = Continue
cancel = Cancel
back = Back
try-again = Try again
send = Send
share = Share
approve = Approve
refuse = Refuse
save = Save
sign-in = Sign in
sign-out = Sign out
take-back = Take back
leave = Leave
join = Join
print = Print
copy = Copy
copied = Copied

## Components
error-summary-title = Please look at this again
field-needed = Needed
field-optional = Optional
code-label = The 6 digits on your phone
code-hint = They are on the screen of your wallet after you have shared.
code-wrong = These are not the digits on your phone. Check them and type them again.
code-used-up = That was the last try. Start again to get new digits.
code-digits = Type all 6 digits.
link-label = Link
qr-caption = Scan this with the camera of your phone
qr-alternative = QR code that holds the same address as the link below
open-wallet = Open my wallet
waiting = Waiting for your wallet
waiting-hint = Keep this page open. It goes on by itself.
waiting-lost = The connection is lost. Trying again.
refresh-hint = This page loads itself again every few seconds.
minutes-left =
    { $minutes ->
        [one] { $minutes } minute left
       *[other] { $minutes } minutes left
    }

## Sharing
asked-by = { $space } asks
asked-for = What { $space } asks for
why = Why
needed = Needed
optional = Optional
checked-by = Checked by { $name }
own-details = Your own details
who-sees = Who sees it
kept-until = Kept until { $date }
audience-team = The team of the space
audience-members = Members of this space
audience-brand = Members of all spaces of { $brand }
audience-public = Everybody
proof-of-sharing = Proof of sharing
network-number = Network passport number

## Joining a space
join-title = Join { $space }
join-intro = You do not fill in a form. Your wallet shows you what { $space } asks for, and you choose what to share.
join-scan-title = With your phone
join-device-title = Wallet on this device
join-code-title = Type the digits
join-thanks-title = Welcome to { $space }
join-thanks-text = You are registered. Your wallet holds the proof of what you shared.
join-waiting-title = { $space } has your answer
join-waiting-text = A person at the space looks at it. You get the answer in your wallet.
join-refused-title = { $space } did not take your sign-up
join-expired-title = This took too long
join-expired-text = Nothing was shared here. Start again when you are ready.
join-start-again = Start again

## Checking an e-mail address
email-title = Confirm your e-mail address
email-label = E-mail address
email-text = Somebody, probably you, asked { $office } to check this address. Press the button to confirm it.
email-confirm = Yes, this is my address
email-done-title = Your address is confirmed
email-done-text = You can close this page and go back to your wallet.
email-expired-title = This link is used up
email-expired-text = Ask for a new one in your wallet.
email-mail-subject = Confirm your e-mail address
email-mail-text = Somebody, probably you, asked { $office } to check this e-mail address. Open this link to confirm it: { $link } If it was not you, do nothing.

## Errors
error-missing-title = There is nothing here
error-missing-text = The address may be mistyped, or what was here has ended.
error-forbidden-title = This is not open to you
error-forbidden-text = Go back, load the page again and try once more.
error-too-large-title = This is too large
error-too-large-text = Send something smaller.
error-wrong-host-title = This host is not served here
error-wrong-host-text = Check the address.
error-too-many-title = Too many tries
error-too-many-text = Wait a minute, then try again.
error-busy-title = The server is busy
error-busy-text = Wait a moment, then load the page again.
error-request-title = This could not be understood
error-request-text = Go back, load the page again and try once more.
error-server-title = Something went wrong here
error-server-text = It is not your fault. Try again in a few minutes.
