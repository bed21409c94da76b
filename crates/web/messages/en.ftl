# Words on screens. The other languages have the same keys with the same places.
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
qr-caption = Scan this with the camera of your phone
qr-alternative = QR code that holds the same address as the link below
open-wallet = Open my wallet
wallet-none = Nothing happens? Then there is no wallet on this device. So far there is one for the terminal; the team of your space can tell you how to get it.
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
email-text = Somebody asked { $office } for a network passport with the e-mail address to which the link to this page was sent.
email-meaning = If it was you, confirm it. Then the checked details of whoever asked say that this address is theirs.
email-not-you-title = It was not you?
email-not-you-text = Then do nothing. Without you no passport is given, and { $office } erases what it has after a day.
email-confirm = Confirm my address for my passport
email-done-title = Your address is confirmed
email-done-text = You can close this page and go back to your wallet.
email-expired-title = This link is used up
email-expired-text = If you have confirmed your address already, all is well: look into your wallet. If not, start again at the passport office.
email-mail-subject = Confirm your e-mail address
email-mail-text =
    Somebody, probably you, asked { $office } for a network passport with this e-mail address.

    If it was you, open this link and confirm the address:

    { $link }

    If it was not you, do nothing and pass the link on to nobody. Whoever asked could use it to show this address as their own. Without it no passport is given, and what they shared is erased after a day.

## At a passport office
office-title = Passport office
office-intro = { $office } gives you your network passport number and checks your details, so that no space has to check them again.
office-start = Get a passport
office-before-title = Before you start
office-before-text = Your wallet needs two things from your home space: your membership, and its word for your name and date of birth. Ask the team there.
office-checks-title = What is checked
office-check-name = Name and date of birth
office-check-name-text = Your home space vouches for them.
office-check-email = E-mail address
office-check-email-text = You get a mail with a link.
office-check-phone = Phone number
office-check-phone-text = Not available yet.
office-kept-title = What the office keeps
office-kept-text = Your number, the network address that your wallet made, and how and on which day something was checked. Your name, date of birth and e-mail address are deleted as soon as your wallet has them, and after one day at the latest.
office-privacy-ground = The office asks for this to give you a network passport, and shows nobody what it has seen. On what ground: it is needed for its contract with you.
passport-title = Get a network passport
passport-intro = Show this office your membership and your home space’s word for your name, and tell it an e-mail address. Your wallet asks you first.
passport-next = I have shared
passport-open-title = Waiting for your wallet
passport-open-text = { $office } has no answer yet. Share in your wallet, then this page goes on.
passport-answered-title = Now look into your mail
passport-answered-text = { $office } has sent a mail to the address that you shared. Open the link in it and confirm the address.
passport-wallet-title = Then your wallet does the rest
passport-wallet-text = It fetches your passport as soon as the address is confirmed or, at an office where a person looks at each request first, as soon as that person has agreed. You can close this page.
passport-mail-again = Send the mail again
passport-mail-sent-title = Another mail is on its way
passport-mail-sent-text = Use the link in it. The earlier link does not work any more.
passport-mail-soon-title = Please wait a minute
passport-mail-soon-text = The last mail may still be on its way. After a minute you can have it sent again.
passport-mail-often-title = There were 3 mails already
passport-mail-often-text = Look where your mail program keeps what it takes for advertising. If nothing came, start again and check the address that you share.
passport-refused-title = This did not work
passport-refused-text = { $office } could not take what your wallet shared, or you chose not to share. Nothing was kept. Your wallet says why.
passport-ended-title = This took too long
passport-ended-text = The request has ended and { $office } kept nothing. Start again when you are ready.
passport-ready-title = Back to your wallet
passport-ready-text = { $office } has what it needs.
authorize-title = A wallet at { $host } asks for: { $what }
authorize-text = First show { $office } who you are, as everybody does. When your e-mail address is confirmed, this browser goes back to { $host }, and the wallet there gets what it asks for. If you did not begin there, go back without it.
authorize-desk-text = The staff of { $office } have checked your details. If you go on, this browser goes back to { $host }, and the wallet there gets them. If you did not begin there, go back without them.
authorize-continue = Go on to { $host }
authorize-cancel = Go back to { $host } without it
authorize-browser-title = Open the link in this browser
authorize-browser-text = It works in this browser only. Then this page goes back to { $host } by itself. If it still waits here after that, the wallet with which you answered has not left its identifier yet: run `passport wallet collect` there.
authorize-ended-title = This request does not work any more
authorize-ended-text = It was used already, took too long, or was begun in another browser. Go back to your wallet and begin again there. Nothing was given.
email-old-title = This link is too old
email-old-text = It worked for one day. Start again at the passport office.
email-wallet = Then this browser goes back to { $host }, and the wallet there gets what was asked for. If you did not begin there, do not confirm.
email-elsewhere-title = Open this link where you began
email-elsewhere-text = It works only in the browser in which you began, because a wallet waits there. If you did not begin anything, do nothing: without you nothing is given.

## At a space
space-intro = { $space } is part of a network of coworking spaces. You join with your wallet, without a form and without a password, and decide yourself what { $space } gets.
space-how-title = How joining works
space-how-one = You open the page for joining, on your phone or on any screen.
space-how-two = Your wallet shows you who asks, what { $space } asks for and why. You choose, then you share.
space-how-three = You get your membership and a proof of sharing: exactly what you gave, signed by the space.
asked-checked = Checked by a passport office
asked-either = Checked by a passport office, or your own details
asked-membership = Membership of a space of the network
asked-membership-from = Checked by that space
asked-foreign = From a document of another issuer
join-device-text = If your wallet is on this phone or computer, open it here.
join-other-title = Wallet on another device
join-scan-text = If your wallet is on another device, scan this with it.
join-open = Open in my wallet on this device
join-next = I have shared
join-ends = The link and the QR code work for 5 minutes and for one answer.
join-closed-title = You cannot join here now
join-closed-text = { $space } does not take sign-ups on this page. Ask the team.
join-offer-title = Your wallet has no membership yet?
join-offer-text = Most wallets fetch the membership by themselves. If yours has not, take it from here.
join-offer-open = Put the membership into my wallet
sign-up-waiting-title = Waiting for your wallet
sign-up-waiting-text = { $space } has no answer yet. Share in your wallet, then this page goes on.
sign-up-code-wanted-title = Type the digits from your phone
sign-up-code-wanted-text = Somebody has answered { $space } with a wallet. The 6 digits show that it was you.
sign-up-joined-title = Welcome to { $space }
sign-up-joined-text = You are registered. Your wallet gets your membership and the proof of what you shared.
sign-up-with-the-team-title = { $space } has your answer
sign-up-with-the-team-text = A person of the team looks at it. You get the answer in your wallet, and here as long as this page is open.
sign-up-team-waiting = Waiting for the team
sign-up-declined-title = { $space } did not take your sign-up
sign-up-declined-text = What you shared is erased. The reason and how to object are in your wallet.
sign-up-not-shared-title = You chose not to share
sign-up-not-shared-text = { $space } has received nothing. You can start again at any time.
sign-up-not-taken-title = { $space } could not take what your wallet sent
sign-up-not-taken-text = Nothing of it was kept. Your wallet says why; often something in it is too old, and opening the wallet renews it.
sign-up-filed-title = The right digits were not typed
sign-up-filed-text = { $space } has what was shared, but this screen does not know that it was you. If it was, look into your wallet for the answer.
sign-up-expired-title = This took too long
sign-up-expired-text = The request has ended, and { $space } has received nothing. Start again when you are ready.
sign-up-ended-title = Nothing is open on this screen
sign-up-ended-text = There is no sign-up here, or it did not come back to this browser. Start again when you are ready.
code-nothing-there = No digits on your phone, and no address in your wallet? Then it was not you who answered: start again.
code-not-shown = No digits have been shown yet. First open the page on your phone: your wallet opened it, or printed its address.
code-late = These digits are out of date. They count for 2 minutes.
return-other-browser-title = This is another browser
return-other-browser-text = The request was made in another browser than the one that is open now. To keep you safe, { $space } has erased what was shared. If you opened the request yourself, start again and stay in one browser. If somebody sent it to you, do nothing.
return-too-late-title = You came back too late
return-too-late-text = More than 3 minutes have passed since you shared, so { $space } has erased it. Start again when you are ready.
return-over-title = This address has been used
return-over-text = It works once, right after sharing with { $space }. If you have just shared, look at the page where you began.
phone-title = Your 6 digits
phone-text = Type them on the screen where you scanned the code of { $space }.
phone-hint = They count for 2 minutes. If you load this page again, you get other digits, and the older ones no longer count.
phone-care-title = Not in front of that screen?
phone-care-text = Then tell these digits to nobody. Whoever has them could join { $space } in your name. What you shared stays with the space; ask its team to erase it if you did not mean to join.
phone-late-title = The digits are no longer good
phone-late-text = Too much time has passed. { $space } has what you shared, but the screen was not told. Look into your wallet for the answer.
phone-over-title = There are no digits here
phone-over-text = This address works once, right after sharing with { $space }. Look into your wallet for the answer.
privacy-title = What happens to what you share
privacy-intro = { $space } has registered with the network why it asks for something and how long it keeps it. More than this it may not ask for, and your wallet checks that.
privacy-consent = On what ground: you agree to it.
privacy-contract = On what ground: it is needed for your contract with the space.
privacy-obligation = On what ground: a law demands it.
privacy-interest = On what ground: the space has an interest of its own that weighs more than yours.
privacy-days =
    { $days ->
        [0] Kept while you are a member and not after that; if you do not become one, not kept
        [one] Kept while you are a member and { $days } day after; if you do not become one, { $days } day from when you shared it
       *[other] Kept while you are a member and { $days } days after; if you do not become one, { $days } days from when you shared it
    }
privacy-rights-title = What you can do
privacy-rights-space = You can see what { $space } has of you, have it changed or erased, and object. As a member you do it in your wallet: see, change, take back, leave, object. Or ask the team, or whoever answers for data protection there.
privacy-rights-text = You can see what { $space } has of you, have it changed or erased, and object to a decision. Ask the team, or whoever answers for data protection there.
privacy-who-title = Who is responsible
privacy-legal-name = Legal name
privacy-contact = Contact
privacy-data-protection = Data protection
privacy-authority = Authority to complain to
poster-text = Scan this with your phone. If there is a tag, hold the phone to it.
poster-promise = No form, no password. You decide what the space gets.
poster-qr = QR code with the address { $address }
poster-tag = For the team: write one record to an NFC tag (NTAG 213 or larger) and lock it.
poster-tag-uri = Address:
poster-tag-record = The same as bytes:

## Invitations
join-by-number = Join by number: you type it, and your wallet gets an invitation
invited-title = { $space } invites you
invited-intro = You fill in no form. Your wallet shows you what { $space } asks for, and you choose what to share.
invited-answered-title = This invitation has been answered
invited-answered-text = { $space } has the answer. If it was yours, your wallet gets what follows. You can close this page.
invited-gone-title = This invitation does not work
invited-gone-text = Its time is up, or the address is mistyped. You can join { $space } on its own page, or ask the team for another invitation.
here-title = { $space } asks: is it you?
here-intro = Somebody at { $space } gave your number. If it is you, show your membership of { $space }; the team then sees which member you are. If it is not you, do nothing.
number-title = Join { $space } by number
number-intro = If the number and the e-mail address are those of your wallet, it gets an invitation from { $space }. You decide there what to share.
number-hint = 13 letters and digits. Spaces, hyphens and small letters do not matter.
number-email-hint = The one in your wallet. No mail is sent to it.
number-missing = Type your network passport number.
number-mistyped = There is a slip in this number: one symbol is wrong, or two are swapped. Compare it with yours.
number-symbol = A network passport number has only letters and digits, and no U.
number-length = A network passport number has 13 letters and digits.
number-email-wrong = Type one e-mail address, like name@example.org.
number-send = Invite my wallet
number-kept = { $space } deletes number and address as soon as the invitation is sent, and after an hour at the latest.
number-to-join = Join without a number
number-sent-title = Look into your wallet
number-sent-text = If number and e-mail address belong together, the invitation of { $space } is in your wallet’s mailbox in a moment. It works for an hour. Nothing there? Then check both and try again after an hour, or ask the team.
number-sent-invited = Or open the invitation that you have already, in your wallet or in a mail.
number-sent-back = Back to the page of { $space }
number-too-many-title = Not now, please
number-too-many-text = { $space } has sent as many invitations by number as it may for now. Join on its page without a number, or ask the team.
invite-mail-subject = { $space } invites you
invite-mail-text =
    { $space } invites you to join. Open this link to see what it asks for; your wallet shows you, and you choose what to share:

    { $link }

    The link leads to { $space } and asks for no password and no code. If you did not expect this, do nothing.

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

## The demo's mails
demo-mail-title = Mails
demo-mail-intro = Every mail of this trial network arrives here. Nothing leaves this machine.
demo-mail-none = No mail has arrived yet.
