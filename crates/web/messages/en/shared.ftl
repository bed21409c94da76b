# Words on screens that several parties say. The other languages have the same keys with the same places.
# Use: space, ask, needed, optional, share, checked by, your own details, who sees it, kept until,
# take back, leave, proof of sharing, payment permission.

## Frame
skip-to-content = Skip to the content
footer-note = You decide what each space gets. What one has of you, you take back in your wallet while you are a member there, or ask its team to erase it.
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
code-hint = They are on your phone, on the page that opened after you shared. If your wallet printed an address instead, open that.
code-wrong = These are not the digits on your phone. Check them and type them again.
code-used-up = That was the last of 5 tries.
code-digits = Type all 6 digits.
link-label = Link
qr-caption = Scan this in your wallet on another device: Menu, Scan.
qr-alternative = QR code that holds the same address as the link below
open-wallet = Open my wallet
open-wallet-at = Open my wallet at { $host }
wallet-other = My wallet has a web address
wallet-address = Address of your wallet
wallet-address-hint = As your browser shows it when your wallet is open. This browser remembers it for this site, and nobody else learns it.
wallet-address-wrong = Type the address as your browser shows it when your wallet is open. It begins with https://, or names this machine, such as wallet.localhost:8070.
wallet-remember = Remember it
wallet-forget = Forget it
wallet-installed = Open it with the wallet that is installed in this browser
wallet-none = Nothing happens? Then no wallet on this device takes such links. Is yours at a web address, say which above. Have you none yet, the team of your space can tell you how to get one.
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
who-sees-owner-and-managers = Who sees it: owner and managers of { $space }
who-sees-owner = Who sees it: the owner of { $space }
kept-until = Kept until { $date }
audience-team = The team of the space
audience-owner-and-managers = Owner and managers of the space
audience-owner = The owner of the space
audience-members = Members of this space
audience-brand = Members of all spaces of { $brand }
audience-public = Everybody
proof-of-sharing = Proof of sharing
network-number = Network passport number

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

## What details are called
detail-sub = your member number
detail-since = member since
detail-space = the space you are a member of
detail-check = how you were checked
detail-checked-on = when you were checked
detail-number = network passport number
detail-did = your identifier
detail-email = e-mail address
detail-email-verified = that the e-mail address was confirmed
detail-name = name
detail-given-name = first name
detail-family-name = last name
detail-nickname = nickname
detail-birthdate = date of birth
detail-phone-number = phone number
detail-address = address
detail-picture = picture
detail-company = company
detail-role = role
detail-skills = skills
detail-links = links
detail-profile = page about you
detail-billing = billing details
detail-billing-name = name on invoices
detail-billing-tax-id = tax number
detail-billing-address = address on invoices
detail-address-street-address = street and number
detail-address-postal-code = postal code
detail-address-locality = town
detail-address-region = region
detail-address-country = country
detail-website = web site
detail-locale = language
detail-bio = about you
detail-plan = plan
detail-age = ages you have reached
detail-age-over = that you are { $years } or older
checked-by-document = by a document
checked-in-person = known in person
kind-passport = a network passport
kind-profile = a profile checked by an office
kind-membership = a membership
kind-statement = a space’s statement about you
kind-own = your own details
kind-terms = who may see what
