## The wallet's own pages
wallet-title = My network passport
wallet-short-title = Passport
unlock-title = Open your wallet
unlock-drill = You are trying out that a way to open it is gone. Open it another way: with another device, or with your recovery code. Then you see how it went.
unlock-passphrase = Passphrase
unlock = Open
unlock-hint = Nobody but you can open it, and nobody can look the passphrase up for you.
anew-open = Open it once more
anew-why = How your wallet opens is changed by whoever has just opened it; so nobody does who only finds it open. Open it once more.
lost-title = Open it with your recovery code
lost-text = If you have lost your passkey or your passphrase, type the code from your paper. Then add another way to open your wallet.
lost-open = Open my wallet
lost-wrong = This code opens no wallet here. Check each symbol on your paper.
unlock-other = Open another wallet
nobody-title = There is no wallet here yet
nobody-text = Open the link that was printed when the wallet was started: in its terminal, or in its log. It works until there is a wallet, or until it is started again.
welcome-title = Your network passport
welcome-text = A wallet keeps your passport and what you tell spaces about yourself. Nothing is shared before you say so, each time.
welcome-make = Make a wallet
welcome-open = Open yours
welcome-by-name = Open by name and passphrase
welcome-no-passkeys = This browser has no passkeys that open a wallet. Open yours by name and passphrase.
welcome-wrong = Name and passphrase open no wallet here. Check what you typed.
welcome-no-such-passkey = This passkey opens no wallet here.
welcome-empty = Type the name of your wallet and its passphrase.
make-title = Make your wallet
make-text = It keeps your passport and what you tell spaces about yourself. Nothing is shared before you say so, each time.
make-network = It belongs to this network: { $names }.
make-by-passkey = Make it with a passkey
make-by-passkey-hint = Your device asks for your finger, face or code, as when you open the device itself. There is nothing to remember.
make-by-invitation = I have an invitation
make-no-passkeys = This browser has no passkeys that open a wallet. Choose a passphrase instead.
make-no-prf = The passkey of this device cannot open a wallet, so it is not kept. Choose a passphrase instead.
make-passphrase-instead = Use a passphrase instead
make-by-passphrase = Make it with this passphrase
make-name = Name of your wallet
make-name-hint = You type it to open your wallet in another browser. Better not your own name: others could see whether it is taken.
make-name-wrong = A name has 3 to 60 letters and digits and no spaces.
make-name-taken = There is a wallet of this name already. Take another name.
make-email = Your e-mail address, if you like
make-email-hint = Whoever gives you your passport checks it first. It stays in your wallet until you share it.
make-show = Show
make-hide = Hide
make-code = Invitation code
make-code-wrong = This invitation makes no wallet here. It was used already, or has a typing error.
make-link-wrong = This link makes no wallet any more. Open the one that was printed when the wallet was served last.
make-limited = Very many wallets were made here within the hour. Try again later.
host-title = What this host can see, and what not
host-locked = While your wallet is locked, all that is in it is sealed. Whoever runs this host sees that somebody comes here, from which network address and when, and how much is kept; nothing of what it says.
host-open = While your wallet is open, this host works with it for you. Whoever runs it could then read your details and your history.
host-keys = The keys that answer for you are made in your browser and used there, and your browser answers somebody only after you pressed Share or Change for that. This host keeps the keys sealed and cannot open them: without an open page of your wallet nobody shares anything in your name. The pages come from this host all the same, and pages that were changed could get at the keys. Keep your wallet where you trust whoever runs the host.
keys-passphrase = What you type stays in this browser. This host gets what opens your wallet, and nothing that opens its keys.
keys-need-script = This host keeps your keys in your browser, and that works only where scripts are allowed. Allow them for this address, or keep your wallet on your own computer.
keys-old-browser = This browser cannot hold the keys of a wallet. Take a newer one, or keep your wallet on your own computer.
keys-failed = That did not work in this browser. Try again.
keys-missing = This browser does not have the keys of your wallet at hand. Lock the wallet and open it again.
keys-before = This wallet was made before wallets here kept their keys in the browser. Everything in it is here and works, but this host can sign for you without you. To end that, carry it away, close it here, and bring it along again with its recovery code: from then on its keys are your browser's alone.
host-instead = Your own computer can do the same for you alone, with the program that this host uses.
write-down-title = Write down your recovery code
write-down-text = If you lose your device or your passphrase, this code on paper brings your wallet and your identity back. Until you have tried it once, it lies in your wallet, and whoever can open your wallet can see it.
write-down-own-text = If you forget your passphrase, this code on paper opens your wallet, and each file that you keep of it. With the code alone, without wallet and file, you still get your identity back. Until you have tried it once, it lies in your wallet, and whoever can open your wallet can see it.
write-down-once = It is shown once. Have paper and a pen ready, and nobody looking over your shoulder.
write-down-show = Show the code
write-down-shown = Write it on paper and keep it away from your devices. Capital letters and hyphens do not matter.
write-down-print = Print
write-down-try = Now try it
write-down-try-text = Type it from your paper. Once it was right, it goes from your wallet and is on your paper alone.
write-down-anew = The code is shown to whoever has just opened your wallet, once each time; so nobody sees it who only finds your wallet open. Open it once more to see it.
unlock-empty = Type your passphrase.
unlock-wrong = This does not open the wallet. Check what you typed, also capital letters.
unlock-no-passphrase = This wallet has no passphrase.
unlock-wait =
    { $seconds ->
        [one] That was tried too often. Try again in { $seconds } second.
       *[other] That was tried too often. Try again in { $seconds } seconds.
    }
lock = Lock
home-number-from = From { $office }
home-no-number-title = No number yet
home-no-number-text = You get your network passport number from a passport office. The team of your space can tell you which.
home-no-number-awaited = You asked { $office } for your passport. Open the link in the mail that it sent you; then the passport comes by itself while your wallet is open. If no mail came, ask once more.
home-no-number-first = You get your network passport number from a passport office once you are a member of a space. Take what your space offers you first: scan its code, or open its link here.
home-no-number-offices = A passport office gives you your network passport number. It asks for your membership and your e-mail address; you see it all before anything is sent.
office-ask = Get a passport from { $office }
office-ask-title = Ask for a passport
office-gone = This office gives no passport here, or your wallet has one already. Nothing was sent.
home-spaces =
    { $spaces ->
        [0] You have given no space your details.
        [one] { $spaces } space has details of you.
       *[other] { $spaces } spaces have details of you.
    }
home-waiting =
    { $waiting ->
        [one] { $waiting } message waits for you.
       *[other] { $waiting } messages wait for you.
    }
unlock-by-passkey = Open with a passkey
passkey-not-used = The passkey was not used. Try again, or open the wallet another way.
passkey-not-made = No passkey was made. Try again, or go on without one.
passkey-cannot = This passkey cannot open a wallet: its device or browser lacks what that takes. Use another one, or your passphrase.
passkey-needs-script = Passkeys work only where scripts are allowed.
ways-title = How your wallet opens
ways-passkeys = Passkeys
ways-passkeys-text = With a passkey you open your wallet as you open your device, by finger, face or its code.
ways-name = What do you call this device?
ways-add = Add a passkey
ways-since = since { $date }
ways-remove = Take away
ways-remove-named = Take away { $name }
ways-unnamed = Without a name
ways-passphrase = Passphrase
ways-passphrase-there = Your wallet can be opened with a passphrase. A new one takes its place.
ways-passphrase-none = Your wallet has no passphrase so far. If you choose one, it opens your wallet as well as your passkeys do.
ways-passphrase-first = Passphrase
ways-passphrase-new = New passphrase
ways-passphrase-hint = At least 8 characters; better some words.
ways-passphrase-again = Type it once more
ways-passphrase-add = Add the passphrase
ways-passphrase-set = Change the passphrase
ways-passphrase-short = A passphrase has at least 8 characters; better some words.
ways-passphrases-differ = The two passphrases differ.
recovery-title = Recovery code
recovery-text = It is on the paper that you wrote when your wallet was made. If you lose your passphrase, it opens your wallet; if you lose the device, it opens the copy that you made of it. Nobody can look it up for you.
recovery-field = Recovery code
recovery-try = Try it
recovery-never-tried = You have not tried it yet. Type it once from your paper: then you know that it is right.
recovery-tried = It was right when you tried it on { $date }.
recovery-malformed = This is no recovery code. Check each symbol on your paper.
recovery-wrong = This is not the recovery code of this wallet.
home-try-recovery = Is your recovery code on paper, and right? Try it once.
home-write-recovery = Write down your recovery code.
ways-sessions = Where it is open
ways-this = here
ways-session-times = begun { $begun }, last used { $used } (UTC)
ways-end-named = Lock { $name }
ways-last = Nothing but the recovery code would open your wallet then. Add another way first.
ways-known = This passkey opens your wallet already.
ways-many = There are 16 passkeys. Take one away that you do not use any more.
ways-no-passkey = There is no such passkey any more.
ways-no-session = Nothing was chosen to be locked.

## Menu, number and card, in the wallet
menu = Menu
menu-label = Pages
live-news = Something on this page is new.
menu-home = Home
hand-on = Share
number-qr = QR code that holds your network passport number
number-qr-caption = Show this at a front desk, or say the number.
number-copy = Copy the number
number-hand-on = Share the number
card-title = Number card
card-text = Your number for the times when no phone is at hand. It opens nothing and proves nothing: others type it to invite you.
card-note = No travel document. It opens nothing.
card-paper = On paper
card-paper-text = Print this page and cut the card out. Where you join, say the number or show the card: the space invites you, and you answer in your wallet, at any computer with a browser.
card-print-yourself = Print this page with the menu of your browser.
card-device = On this device
card-device-text = At a desk without a network it is shown here all the same.

## Scanning, in the wallet
scan-title = Scan
scan-again = Scan again
scan-camera = Camera
scan-start = Start the camera
scan-stop = Stop the camera
scan-picture = Choose a picture
scan-tag = Read a tag
scan-stays = Pictures are read in this browser and sent to nobody.
scan-asks = Your browser asks whether this page may use the camera. Say yes, or choose another way.
scan-looks = Hold a QR code in front of the camera.
scan-nothing-yet = Nothing found yet. Go closer until the code fills half of the picture, keep still, and mind reflections.
scan-found = Found. One moment.
scan-stopped = The camera is off.
scan-no-camera = There is no camera that this page can use. Choose a picture of the code, or paste the link.
scan-refused = This page may not use the camera. Allow it in your browser, in what it keeps for this site, and start again; or choose a picture of the code, or paste the link.
scan-busy = The camera is in use elsewhere. Close what uses it and start again; or choose a picture of the code, or paste the link.
scan-no-decoder = What reads QR codes did not come. Try again, or paste the link.
scan-offline = No network at the moment. What you scan can be opened when it is back.
scan-reads = The picture is being read.
scan-no-code = No QR code can be read in this picture. Take one that is sharper, or from closer.
scan-no-picture = This file is no picture that your browser knows.
scan-tag-waits = Hold your phone to the tag.
scan-tag-other = There is no link on this tag.
scan-tag-refused = This page may not read tags, or your phone has that switched off. Hold the phone to the tag without this page: most tags open by themselves.
scan-needs-script = The camera works here only where scripts are allowed. Without them, use the camera of your phone, or paste the link.
read-empty = Paste the link first.
read-number = This is a network passport number and no link. There is nothing to open: it is for whoever invites you.
read-not_encrypted = This leads to { $seen } without encryption (http), so others can read along and change it. It was not opened.
read-look_alike = This leads to { $seen }, a name with letters that can look like others. It was not opened. If you know that name, type it in your browser.
read-disguised = This shows one name and leads to another: { $seen }. It was not opened.
read-scheme = This is no link that a wallet can open: it begins with “{ $seen }:”, which is for something else.
read-text = This is no link that a wallet can open: “{ $seen }”. Copy it whole, from its first letter to its last.
read-page-title = This leads to a page
read-page = This is the address of a page at { $host }. If you know it, go there: the page shows what to open with your wallet. Your wallet itself has asked nothing there.

## At a device that is not yours, in the wallet
borrowed-tick = This is not my device
borrowed-tick-hint = Then nothing of your wallet stays here. It is locked when the browser closes, and after 5 minutes without use.
borrowed-label = Not your device
borrowed-title = This is not your device.
borrowed-lock = Lock now
borrowed-soon = Your wallet is locked in two minutes at the latest.
borrowed-stay = Stay
borrowed-no-passkey = No passkey is added here, because this is not your device: its owner could open your wallet with it.
left-title = Your wallet is locked
left-text = Nothing of it is left here. This browser itself may still know that you were here.
left-still = Still to do
left-close = Close this page, and every other page that you opened.
left-history = If the browser asked whether to keep your passphrase, say no; if it has kept it, delete it there. Delete this address from its history.
left-space = If you let the page of a space remember where your wallet is, choose “Forget it” there.
left-home = At home, look at “How your wallet opens”: it lists where your wallet is open. If you think that somebody looked on, set another passphrase.
ways-passphrase-old = Passphrase of now, or recovery code
ways-passphrase-old-wrong = This is neither your passphrase nor your recovery code. Nothing has changed.
ways-passphrase-old-often = That was tried too often. Wait a minute, then try again. Nothing has changed.
ways-passphrase-done = Done: your new passphrase opens your wallet from now on.
ways-passphrase-changed = Done: your new passphrase opens your wallet from now on. Everywhere else it is locked.
ways-passkey-gone = Done: this passkey opens your wallet no more. Everywhere else your wallet is locked.
ways-name-often = Names were tried very often from here. Try again in an hour. Nothing has changed.

## What a space asks, in the wallet
asks-title = { $asker } asks you
asks-place = at { $host }
asks-why = Why:
asks-no-why = They do not say why.
asks-kept-days =
    { $days ->
        [0] They do not keep it, unless you agree on something else.
        [one] They keep it for { $days } day at most, unless you agree on something else.
       *[other] They keep it for { $days } days at most, unless you agree on something else.
    }
asks-kept-days-only =
    { $days ->
        [0] They do not keep it.
        [one] They keep it for { $days } day at most.
       *[other] They keep it for { $days } days at most.
    }
asks-kept-unknown = They do not say how long they keep it.
asks-terms = Why, how long, and who sees it
asks-end = Until when
asks-end-on = Take it back by itself on
asks-end-hint = On this day they erase by themselves what you share now. Leave it empty for no such day.
asks-seen-team = Their team sees it.
asks-seen-yours = Their team sees it, unless you say otherwise.
asks-seen-team-of-brand = The team of { $asker } sees it, no other space of { $brand }.
asks-seen-yours-of-brand = The team of { $asker } sees it, no other space of { $brand }, unless you say otherwise.
asks-seen-some = Some of it only a part of their team sees: that stands at each.
seen-by-team = Seen by the team of { $space }.
seen-by-owner-and-managers = Seen by owner and managers of { $space }.
seen-by-owner = Seen by the owner of { $space }.
seen-by-members = Seen by the team and the members of { $space }.
seen-by-brand = Seen by the teams and the members of { $spaces }.
seen-by-whole-brand = Seen by the teams and the members of all spaces of { $brand }.
seen-by-everybody = Seen by everybody.
asks-seen-unknown = They do not say who sees it.
asks-inbox = They may write to you, at an address made for them alone. You can block it.
asks-no-network = No network has admitted them. Share only what you would tell a stranger.
asks-changed = They ask this in the place of what they asked before.
asks-changed-reason = They say: “{ $reason }”
asks-no-longer = Not asked any more: { $details }
asks-anew = Asked now: { $details }
asks-not-offered = You did not offer: { $details }
asks-seen-by-more = More of their team would see it than they said before: { $details }
asks-again-has = { $asker } has this of you already: { $details }
asks-again-has-another = { $asker } has something else from you here: { $details }
asks-again-new = New to { $asker }: { $details }
asks-again-member = As far as this wallet knows you are a member of { $asker } already. Answering this may make you a member a second time.
asks-signs = With your answer you sign: { $what }
asks-needed = Needed
asks-optional = Optional
asks-lacking = You do not have this: { $details }
asks-leave-out = leave it out
asks-or = or
asks-that-you-have = that you have { $what }
asks-checked-by = checked by { $name }
asks-own-word = your own word
asks-missing = you do not have this
asks-along = { $detail } goes with it
asks-shares = You would share: { $details }
list-and = { $names } and { $last }
list-more =
    { $count ->
        [one] { $count } other
       *[other] { $count } others
    }
host-lookalike = This address holds letters that can look like others, so it is spelled out here. Compare it letter by letter.
asks-beyond = Not registered: { $asker } did not tell the network that it asks for this.
asks-kept =
    { $days ->
        [0] not kept
        [one] kept { $days } day at most
       *[other] kept { $days } days at most
    }
asks-linked = { $spaces } could tell that you are the same person, by this: { $details }.
asks-linked-further = If you choose more than is ticked now:
asks-see-team = Their team
asks-see-members = The team and the members there
asks-see-brand = Teams and members of { $brand }
asks-see-public = Everybody
asks-pick = What you share
asks-as = Your own details, as
asks-as-look = Show these
asks-pick-needed = Only what is needed
asks-pick-usual = My usual
asks-pick-all = All they ask
asks-less = Offer only this
asks-less-title = Offer less
asks-less-hint = Is something too much? Untick it, or choose what you would rather give, and offer only that: they are told the names of what you would share, nothing else, and ask again or say no.
less-declined = Less is not enough
less-declined-text = { $asker } wants all that is needed. Nothing was shared.
less-declined-answer = Answer it after all
asks-instead-hint = Too much? You can offer something else instead: { $details }
asks-instead-of = Instead of your { $detail }
asks-instead-nothing = Nothing
not-now = Not now
asks-no = Say no to them
asks-details = Details
asks-legal-name = Legal name
asks-identifier = Identifier
asks-bound = Known by
asks-bound-certificate = a certificate of the network
asks-bound-certificate-outside = a certificate of authorities that you named
asks-bound-did = its identifier
asks-bound-did-outside = an identifier that you named
asks-bound-address = nothing but the address that the answer goes to
asks-admitted = Admitted by
asks-admitted-nobody = no network
asks-brand = Belongs to
asks-brand-sites = Other spaces of it
asks-basis = Legal basis
asks-contact = About your data
asks-policy = Privacy policy
asks-authority = Where to complain
asks-ends = Can be answered until
asks-request = Mark of this request, which the proof of sharing names
asks-cannot = You do not have what is needed
asks-cannot-text = Nothing is sent. Get what is missing, and open the same link again while it is open.
asks-wrong-needed = Something that is needed would not be shared like this.
asks-wrong-needed-detail = Needed, and it would not be shared like this: { $details }
asks-wrong-instead = You chose something to offer instead. Press “Offer only this”, or choose nothing there.
asks-wrong-day = Choose a day, such as 2030-01-31.
asks-wrong-until = Choose a day from { $day } on.
asks-wrong-less-nothing = Nothing would be offered like this. To share nothing, say no.
asks-wrong-nothing = Nothing is chosen.
asks-wrong-keys = What is chosen cannot be shared together. Choose less of it.
asks-wrong-signs = What is to be signed would not be signed like this.
asks-wrong-other = This cannot be shared like this. Load the page again.
asks-wrong-less = This cannot be offered. To share nothing, say no; to share all, share it.
asks-faulty = The request of { $asker } breaks a rule
asks-faulty-text = It cannot be answered, and nothing is sent ({ $code }).
asks-faulty-tell = { $host } can be told that it is faulty. Nothing is said about you or what you have.
asks-faulty-yes = Tell them
offers-title-page = An offer
offers-title = { $issuer } offers you
offers-claimed = It calls itself { $name }. Who it is will be checked before anything is kept.
offers-no = I do not want it
offers-take = Take it
offers-then-passport = Then go on to my network passport, from { $office }
open-working = One moment
open-working-text = What the link leads to is fetched and checked.
open-sent-waits = { $asker } cannot take your answer at this moment. It goes again in { $seconds } seconds, as long as your wallet is open.
done-shared = { $asker } has what you shared
done-shared-text = Your history has it, too.
done-along = It went along: { $details }
done-go-on = Go on to { $host }
done-go-on-soon = Go on now: { $asker } waits for you there for a few minutes only. If nobody comes in time, what you gave may be erased there, and nothing comes of it.
done-got = Your wallet has something new
done-later = More is to come. It was not there yet when your wallet looked.
to-wallet = To your wallet
failed-keys_not_here = Your browser did not sign this in time. Keep a page of your wallet open, and try again.
done-to-messages = To the messages
failed-title = That did not work
failed-left_open = Nothing was sent. The same link can be answered as long as it is open.
failed-declined = You said no. Nothing of you was shared.
failed-invalid_request = The link was used or has run out, or it breaks a rule. Open the page that it came from once more for a new one.
failed-unreachable = They could not be reached. Try the same link again in a moment.
failed-cannot_be_satisfied = You do not have what is needed. Nothing was sent.
failed-no_fresh_copy = Every copy of what is asked was shown before or has expired. Nothing was sent. Your wallet fetches new ones from whoever signed them.
failed-beyond_registration = Something that is needed goes beyond what they told the network. Nothing was sent.
failed-put_off = They could not take your answer yet. It is kept: open the same link again, and the very same answer goes, as long as they take one.
failed-other = It was not finished ({ $code }). Your history says whether something was shared.
failed-gone = This page is over. Open the link again: as long as it is open, it can be answered.
failed-many = Too many links are being opened. Answer or leave one of those that wait.
open-title = Open a link
open-text = Paste what a space or an office gave you: a link, or what its QR code holds.
open-field = Link
open-it = Open it
home-keep = Show it without a network, too
home-forget = Do not keep it on this device
home-kept = It is kept on this device: whoever opens this browser can see it, also while your wallet is locked.
offline-title = No network
offline-text = Your wallet cannot be reached at this moment. Nothing was lost and nothing was sent.
messages-look = See what has come
failed-not_collected = It could not be looked for. Try again in a moment.
home-asks = { $asker } waits for you
code-title = The code that came with it
code-field = Code
refused-answer = What you chose was sent, and they refused it ({ $code }).
refused-offer = They refused to give it ({ $code }). It may have been taken already, have run out, or need another code: ask whoever offered it for a new link.
failed-request_ran_out = The time to answer was over. Nothing was sent. Open the page that it came from once more for a new link.
failed-no_network = Your wallet belongs to no network yet, so it cannot tell who this is. Nothing was sent.
failed-offer-left_open = You did not take what is offered. Open the same link again to take it, as long as it is open.
failed-offer-declined = You did not take what was offered.
failed-offer-no_network = Your wallet belongs to no network yet, so it cannot tell who offers this. Nothing was taken.
failed-offer-authorization_needed = Whoever offers this wants to ask you on a page of its own first, and these pages cannot lead there yet. Nothing was taken.
ended-declined = You said no
ended-left = Nothing was shared
ended-offer = You did not take it
ended-message = Somebody wrote to you
ended-not-yet = Nothing is here yet
asks-unsent = Your wallet was not open any more, and nothing was sent.
open-at-work = Your wallet is at work. This page goes on by itself.
open-sent-waits-there = Your answer cannot be taken at this moment. It goes again in { $seconds } seconds, as long as your wallet is open.
code-place = Whoever offers it at { $host } gave you a code another way, on paper or by e-mail.
done-proof-kept = They signed what you shared, and your wallet keeps that.
done-proof-later = They have not signed yet what you shared.
done-proof-none = They signed nothing about what you shared.
done-proof-wrong = What they signed is not what you shared. Keep that in mind before you share more with them.
done-identifier-left = Your identifier was left there.
done-identifier-not-left = Your identifier was not left there, and they wait for it. Your wallet tries again when you look.
done-approved = They said yes.
done-approved-reason = They said yes: “{ $reason }”
done-declined = They said no.
done-declined-reason = They said no: “{ $reason }”
decided-person = A person of their team decided.
decided-software = Their own software decided, not a person.
decided-rule = A rule decided, not a person.
decided-complete = A rule decided: you shared all that is needed.
decided-place-free = A rule decided: a place was free.
decided-email-domain = A rule decided: your checked e-mail address is of none of the organisations that they take here.
decided-appeal = If you think that this is wrong, a person there looks at it again: write to { $address }.
done-problem = Something of what follows did not go on. { $why }
done-problem-of = { $party }: { $why }
problem-unreachable = They could not be reached. Your wallet tries again when you look.
problem-unusable = What they answered is nothing that your wallet can use.
problem-ended = They have ended this and erased what you gave. Open their page again to begin anew.
problem-wrong-proof = What they signed is not right, and was not kept.
problem-not-trusted = Whoever signed it is not known to your network.
problem-offer-declined = You said no to what they offered.
problem-offer-left = You said neither yes nor no to what they offer. It is offered again.
problem-offered-once = You said neither yes nor no to what they offered, and nothing offers it again. Ask them for it.
problem-offer-refused = They did not give what they had offered. Ask them for it.
problem-offer-unsound = What they offered is not as it must be, and was not taken.
problem-promise-declined = They had promised something for later, and say no to it now. Ask them why.
problem-not-checked-yet = It has come and is kept, and cannot be checked at this moment. Look again later.
problem-answer-refused = They refused your answer.
problem-answer-unknown = It is not known whether they have your answer, and it is not sent again.
problem-answer-never-taken = They never took your answer, and it is not sent again. Open their page once more.
problem-identifier-place = The place that they offer for your identifier is not theirs.
problem-identifier-elsewhere = Your identifier is kept at another office already, and one is enough.
problem-recover-first = Your wallet was made with the recovery code of an earlier one. Bring back its identifier first.
problem-passport-suspended = Your passport does not count at present. Ask your office.
problem-held-up = They have to hear first what became of what they gave before. Look again later.
problem-under-way = They are being asked at this moment.
problem-never-came = Nothing more has come for 30 days, and they are not asked any more.
problem-too-long = What they gave is longer than your wallet keeps.
problem-own = Your wallet failed. Try again in a moment.
done-waits-mail = They wait for your e-mail address: open the link in the mail that they sent you.
done-waits-identifier = They wait for your wallet’s identifier.
done-waits-team = Their team decides. That can take a while.
done-waits-place = No place is free there. You get the next one, without answering again.
done-waits-digits = The other screen waits for the six digits: type them there.
done-anew = { $party } asks for something else
done-anew-title = Their team asks for something else
done-anew-text = It is in the place of what they asked before.
done-anew-declined = You said no to it.
done-anew-open = See what they ask

## History and spaces, in the wallet
history-title = History
history-all = All but what it does by itself
history-asked = Asked
history-offered = Offered
history-followed = Came later
history-changed = Changed
history-mail = Messages that were not kept
history-identity = Number and identifier
history-network = Networks
history-by-itself = By itself
history-left-out = What your wallet does by itself, such as getting new copies, is left out here.
history-show-left-out = Show it
history-empty = Nothing has happened yet.
history-nobody = unknown
history-nothing = nothing
history-requested = Asked for or offered
history-asked-for = Asked for
history-was-offered = Offered
history-given = Shared or received
history-shared = Shared
history-received = Received
history-did = What you did
history-did-keys = new keys of your identifier
history-did-moved = your identifier moved to another office
history-did-recovered = your identifier brought back after a loss
history-did-given-up = your identifier given up
history-did-number = another passport number
history-instead = Offered instead
history-said = They said
history-contact = Ask for deletion
history-older = Older
history-newer = Newer
history-they-refused = They refused it ({ $code }).
history-ended = Not finished ({ $code }).
history-declined = You said no.
history-left_open = You left it open.
history-beyond_registration = It asked for more than it told the network.
history-cannot_be_satisfied = You did not have what was needed.
history-no_fresh_copy = No copy was left that can be shown.
history-offered_less = You offered less.
history-counter_offer_declined = Less was not enough for them.
history-declined_by_space = They said no.
history-not_taken = The answer was not taken.
history-request_ran_out = It had run out before you answered.
history-put_off = They could not take the answer yet.
history-outcome_unknown = The answer was sent, and what became of it is not known.
history-unreachable = They could not be reached.
history-no_network = This wallet had joined no network.
history-invalid_request = It was no valid request.
history-invalid_credential_offer = It was no valid offer.
history-still_to_come = It will come later.
history-partly = A part did not come.
history-never_ready = It did not come within 30 days.
history-never_came = It did not come within 30 days.
history-ended_there = They ended it before anything came of it, and erased what you gave.
history-let_go = You let go of it.
history-authority = Complain to
history-access_denied = It was declined on the issuer’s page.
history-not_returned = You did not come back from its page.
history-promised_anew = It was promised anew.
history-untrusted = Nobody whom this wallet trusts vouches for them.
history-unsigned_request = Nobody signed it.
history-other_asker = Somebody else asked than it was for.
history-answer_elsewhere = The answer would have gone to somebody else.
history-endless_request = It had no end.
history-counter_offer_not_taken = They took no offer of less.
history-not_satisfied = What was chosen could not be given.
history-find = Find in the history
history-kind = What
history-space = With whom
history-any-space = Anybody
history-since = From
history-until = Until
history-show = Show
history-show-all = Show all
history-none-found = Nothing of that is in the history.
history-delete = Delete from the history
history-delete-one = Delete this entry
history-delete-named = Delete this entry: { $entry }, { $time }
history-delete-lost = What is deleted is gone for good: who asked you for what and when, also what was refused or failed.
history-delete-stays = It takes nothing back: what spaces have stays there. What they have of you, and the proofs of it, stay here too, under What spaces have of you.
history-delete-export-first = Keep a copy first
history-delete-what = What is deleted
history-delete-before = All entries from before a day
history-delete-day = The day
history-delete-everything = Everything
history-delete-which = Choose what is deleted
history-delete-sure = I know that it is gone for good
history-delete-unsure = Tick that you know that it is gone for good
history-delete-do = Delete
history-delete-to-history = To the history
history-deleted =
    { $entries ->
        [0] Nothing was deleted.
        [one] { $entries } entry was deleted.
       *[other] { $entries } entries were deleted.
    }
history-under-way =
    { $entries ->
        [one] { $entries } entry stays until it is known what became of its answer.
       *[other] { $entries } entries stay until it is known what became of their answers.
    }
export-title = Keep a copy of the history
export-text = A file with all that was asked, offered and changed. It names details and holds no values.
export-readable = A file that anybody can read
export-readable-text = Whoever has this file reads with whom you have shared what. Keep it where only you get at it.
export-csv = Table for a spreadsheet (CSV)
export-json = For programs (JSON)
digests-title = Month by month
digests-text = Once a month your wallet sums up which spaces have what of you. It does so here, when you use it: no mail is sent, and nobody else sees it.
digests-none = There is nothing yet. The first one comes at the beginning of the month after you have shared something.
digests-off = It is turned off.
digests-month = { $month } { $year }
digests-summary = In { $month }: { $has }; { $given }; { $ended }.
digests-has =
    { $spaces ->
        [0] no space had details of you
        [one] { $spaces } space had details of you
       *[other] { $spaces } spaces had details of you
    }
digests-given =
    { $spaces ->
        [0] nothing was shared
        [one] you shared something with { $spaces } space
       *[other] you shared something with { $spaces } spaces
    }
digests-ended =
    { $spaces ->
        [0] nothing ended
        [one] something ended at { $spaces } space
       *[other] something ended at { $spaces } spaces
    }
digests-list-has =
    { $spaces ->
        [0] No space had details of you at the end of the month.
       *[other] Had details of you at the end of the month:
    }
digests-list-given =
    { $spaces ->
        [0] You shared nothing.
       *[other] You shared:
    }
digests-list-ended =
    { $spaces ->
        [0] Nothing ended.
       *[other] No longer there:
    }
digests-put-away = Put away
digests-put-away-named = Put away { $month }
digests-turn-off = Turn it off
digests-turn-on = Turn it on
month-01 = January
month-02 = February
month-03 = March
month-04 = April
month-05 = May
month-06 = June
month-07 = July
month-08 = August
month-09 = September
month-10 = October
month-11 = November
month-12 = December
spaces-title = What spaces have of you
spaces-none = You have shared nothing with a space yet.
spaces-has-nothing = You gave it none of your details.
spaces-left = You left on { $date }.
spaces-since = since { $date }
spaces-until-leaving =
    { $days ->
        [one] kept until { $date }; of a member, until { $days } day after leaving
       *[other] kept until { $date }; of a member, until { $days } days after leaving
    }
spaces-endless = kept without a date
spaces-unproven = as far as is known: they gave no proof
spaces-seen-team = seen by the team
spaces-seen-owner-and-managers = seen by owner and managers
spaces-seen-owner = seen by the owner
spaces-seen-members = seen by the members there
spaces-seen-brand = seen by the brand’s spaces
spaces-seen-public = seen by everybody

## A space's page, in the wallet
spaces-member-since = you are a member since { $date }
spaces-member = you are a member
spaces-no-member = you are no member
spaces-ended-it = it has ended your sign-up and erased what you gave
spaces-has =
    { $details ->
        [0] you gave it none of your details
        [one] it has { $details } detail of you
       *[other] it has { $details } details of you
    }
spaces-waits =
    { $changes ->
        [one] { $changes } change waits
       *[other] { $changes } changes wait
    }
spaces-given-up =
    { $changes ->
        [one] { $changes } change is not sent again by itself
       *[other] { $changes } changes are not sent again by themselves
    }
space-of-most = Where nothing else is said:
spaces-muted = muted
spaces-networks = Your networks
spaces-networks-none = You belong to no network yet.
spaces-offices = Passport offices
spaces-offices-text = An office asks for details to check them, and erases them within a day.
space-none-title = This space is not in your wallet
space-none-text = Go back to your spaces and choose one from there.
space-detail-none-title = This space has no such detail
space-detail-none-text = By your wallet’s record it has nothing of that name, or nothing any more. Go back to the space’s page.
space-has = What it has of you
space-value-unknown = The value is not kept in your wallet. Ask the space what it has to see it.
space-value-yes = yes
space-value-no = no
space-since = Since when
space-until = Until when
space-until-leaving =
    { $days ->
        [0] kept while you are a member, and not after that
        [one] kept while you are a member, and { $days } day after that
       *[other] kept while you are a member, and { $days } days after that
    }
space-checked = Checked by
space-checked-office = checked by your passport office
space-checked-nobody = your own word, checked by nobody
space-checked-space = signed by a space of yours
space-checked-other = signed by somebody else
space-for = why: { $purpose }
space-everything = everything
space-ask-title = What they say themselves
space-ask-text = The list above is by the proofs that { $space } gave you. Ask it what it has now, and see what others there see of you.
space-ask = Ask what it has
space-ask-as = See me as others do
space-asked = { $space } is asked
space-asked-text = This takes a moment. Nothing is lost if you leave this page.
space-too-many = Too much is under way at once. Wait a moment, then try again.
space-unclear = Nothing was sent: the page was too old. Open the space’s page again.
space-gone-title = This page is over
space-gone-text = What came of it stands on the space’s page and in your history.
space-seen-title = What { $space } says it has
space-seen-all = This is everything that { $space } says it has of you.
space-seen-as-members = By what { $space } says, this is all that the members there see of you.
space-seen-as-brand = By what { $space } says, this is all that the brand’s other spaces see of you.
space-seen-as-public = By what { $space } says, this is all that everybody can see of you.
space-view-team = Everything
space-view-members = As the members there
space-view-brand = As the brand’s other spaces
space-view-public = As everybody
space-seen-nothing = By what { $space } says, the members there see nothing of you.
space-seen-nothing-brand = By what { $space } says, the brand’s other spaces see nothing of you.
space-seen-nothing-public = By what { $space } says, strangers see nothing of you.
space-seen-none = By what { $space } says, it has none of your details.
space-seen-missing = { $space } has signed that it has this of you, and does not say so now: { $details }. Ask its team.
space-seen-unknown = By its record your wallet did not give them this. Ask its team where they have it from.
space-seen-other-value = By its record your wallet gave them another value.
space-seen-other-group = They signed something else: { $group }.
space-notes = What the team wrote about you
space-notes-text = It goes when your membership ends or you leave. If something is wrong or should not be kept, ask the team to delete it, or object on the space's page.
space-note-by = { $name }, { $date }
space-openings = Doors you opened
space-openings-text = They know this for 30 days, or until you leave.
space-opening-opened = { $door }, { $date }: opened
space-opening-refused = { $door }, { $date }: not opened
space-opening-unheard = { $door }, { $date }: nothing was heard from the door
space-opening-gone = A door that is there no more
space-objected = On { $date } you objected. What about: { $details }
space-handed-on = Went on to { $to } ({ $date }): { $details }
space-handed-on-open = Went on to { $to } ({ $date }), which has not confirmed everything since: { $details }
space-group-team = The team only
space-group-members = Also the members there
space-group-brand = Also the brand’s other spaces
space-group-brand-named = Also the teams and members of all spaces of { $brand }
space-group-public = Everybody
space-links = At the space
space-link-book = Book
space-link-people = People
space-link-help = Help
space-proofs = What was shared and changed, with proofs
space-proof-sharing = you shared { $details }
space-proof-of-change = Proof of a change
space-proof-sharing-text = { $space } signed on { $date } that it got exactly this from you, what for, and until when it keeps it.
space-proof-change-text = { $space } signed on { $date } that it did this because you asked for it.
space-proof-file = Download the proof
space-proof-file-text = The file is what they signed. It names details and holds no values; whoever is to check it needs nothing else of you.
space-proof-none-title = There is no such proof
space-proof-none-text = Go back to the space’s page and choose one from there.
space-mute-title = Quiet
space-mute-text = Nothing that they write or ask is shown to you then. Your history still has it, they learn nothing of it, and you can undo it here.
space-mute = Mute
space-unmute = Show it again
space-muted-text = You muted this space: nothing that it writes or asks is shown.
space-object = Object to something
space-object-card-text = If they use your details in a way that is not right for you, you can object, and their team has to answer.
space-object-title = Object to what { $space } does
space-object-text = Say what is not right for you, and why. The team of { $space } reads it and has to answer you; advertising it has to stop in any case. It stays on file there for a year, or until you leave.
space-object-erases-nothing = Nothing is erased by it. What you want to be gone, take back.
space-object-about = What it is about
space-object-about-hint = Tick nothing if it is about everything they do.
space-object-reason-hint = At most 4,000 characters.
space-object-send = Object
space-object-no-reason = Say why you object.
space-object-long = Say it in at most 4,000 characters.
space-leave-title = Leave
space-leave-text = First { $space } says what goes at once and what stays until when. Then you decide.
space-leave = Leave { $space }
space-detail-at = at { $space }
space-change = Change it
space-publish = Save who sees it
space-end-label = Erase it on
space-end-hint = From that day on they no longer have it. The earliest is the day after tomorrow.
space-end-set = Set the day
space-end-remove = Remove the day
space-end-no-day = Choose a day
space-end-too-soon = Choose a later day: the earliest is the day after tomorrow
space-take-back-text = They erase it at once. First you see what follows.
space-no-member-text = You are no member there, so nothing can be changed here.
space-left-keeps = You are no member there. It keeps this of you: { $details }.
space-left-until = The last of it is kept until { $date }.
space-left-write = Ask its team to erase it:
space-write-to = Ask its team to erase what it has: { $contact }
space-waiting = Not done yet
space-waits-until = It is sent by itself from { $date } on, while your wallet is open; if it is closed then, when you open it.
space-waits-given-up = It is not sent again by itself.
space-waits-may-be-done = It was sent before, and may have been done. Ask the space what it has to know.
space-send = Send it now
space-send-of = Send now: { $what }
space-cancel = Do not do it
space-cancel-of = Do not do it: { $what }
space-did-publish = who sees { $detail }: { $group }
space-did-until = { $detail }: erased on { $date }
space-did-endless = { $detail }: no day on which it is erased
space-did-take-back = you took back { $detail }
space-did-leave = you left
space-did-object = you objected
space-do-publish = Who sees { $detail }: { $group }
space-do-until = Erase { $detail } on { $date }
space-do-endless = No day on which they erase { $detail }
space-do-take-back = Take back: { $detail }
space-do-change = A new value: { $detail }
space-do-passport = Your number and identifier as they are now
space-do-leave = Leave
space-do-object = Object
space-done-publish = Who sees { $detail } at { $space } from now on: { $group }
space-done-until = { $space } erases it on { $date }: { $detail }
space-done-endless = { $space } has no day any more on which it erases this: { $detail }
space-done-take-back = You have taken this back from { $space }: { $detail }
space-done-change = { $space } has your new value: { $detail }
space-done-passport = { $space } has your number and identifier as they are now.
space-done-leave = You have left { $space }.
space-done-object = { $space } has your objection and signed that it came. It has to answer you within a month.
space-did-change = { $detail }: a new value
space-did-passport = your number and identifier as they are now
space-did-object-about = an objection about { $details }
space-did-answer-hello = answered a hello of another member, and shared: { $details }
space-did-until-some-day = { $detail }: a day was set on which it is erased
space-kept-registered = { $detail }: until { $date }, as they registered with the network
space-kept-law = { $detail }: until { $date }, by this rule: { $rule }
space-would-publish = Show to more people: { $detail }
space-would-take-back = Take back: { $detail }
space-would-leave = Leave { $space }?
space-would-now = What happens at once
space-would-erase = They erase: { $details }
space-would-nothing = nothing, since they have no details of you
space-would-ends = Your membership there ends.
space-would-kept = What stays
space-would-keeps-nothing = Nothing stays.
space-would-unasked = { $space } could not say what follows. You can decide all the same: it is kept in your wallet and sent when they answer.
space-would-needed = They said that they need it. Then your membership ends, and the rest stays for the days that they registered.
space-would-leave-unasked = Your membership ends, and they erase your details. What a law makes them keep, they say when they answer.
space-would-leave-instead = If you leave instead, they erase the rest as well.
space-would-look-at-leaving = See what leaving does
space-keep = Leave it as it is
space-stay = Stay a member
space-show-them = Show it
space-done-title = Done
space-not-done-title = Not done yet
space-done-proof = They signed it, and your wallet keeps the proof.
space-to-page = To the space’s page
space-not-as-said = { $space } did something else than it had said before you agreed. The proof below says what it did. Ask its team why.
space-ended = Your membership there has ended.
space-state-waits = Waits
space-state-unknown = Not known whether it was done
space-state-refused = Not done
space-refused-invalid_request = { $space } could not make sense of it. Try again; if it stays so, tell its team.
space-refused-not_held = { $space } says that it does not have it. Ask it what it has.
space-refused-unknown_audience = { $space } belongs to no brand, so there is nobody of a brand to show it to.
space-refused-until_too_soon = { $space } takes only a later day: at least a day ahead.
space-refused-until_too_late = { $space } registered that it goes before that day. Choose an earlier one.
space-refused-not_changeable = { $space } cannot take another value of it. Ask its team.
space-refused-membership_ended = { $space } says that your membership has ended. Ask its team.
space-refused-id_used = { $space } says that it was asked for something else under the same name. Ask it what it has.
space-refused-other = { $space } refused it ({ $code }). Nothing was changed by this.
space-problem-unreachable = { $space } cannot be reached now.
space-problem-not_now = { $space } cannot do it now.
space-problem-no_access = { $space } does not let your wallet in. Its team can help.
space-problem-malformed = { $space } answered something that your wallet cannot trust, or not understand. Nothing was taken from it. Ask its team.
space-problem-wrong_proof = What { $space } sent does not prove what you asked for. Your wallet does not take it for done. Ask the space what it has, and its team why.
space-problem-no_membership = Your wallet has no membership of { $space }, and only a member can ask this. Ask its team.
space-problem-left = You left { $space }. What it still has, its team erases when you ask.
space-problem-check_first = Your passport office has to check the new value first: { $details }. Say it among your own details, apply at the office again, then change it here.
space-problem-not_held = By your wallet’s record { $space } does not have it: { $details }.
space-problem-nothing_to_show = { $space } wants it checked: { $details }. Your passport office has to check the new value first. Say it among your own details, apply at the office again, then change it here.
space-problem-seen_by_more = { $space } asks for it under another word than before: more of its team would see the new value than it promised. Nothing was given: { $details }. Ask the space why.
space-problem-no_passport_yet = No passport in your wallet says it yet. It comes with new copies from your office.
space-problem-no_fresh_copy = Your wallet has no copy of the membership left to show. New ones come by themselves; try again later, or ask the team of { $space }.
space-problem-cannot_be_satisfied = Your wallet has no copy of the membership left to show. New ones come by themselves; try again later, or ask the team of { $space }.
space-problem-no_network = Your wallet belongs to no network, so it cannot tell who answers.
space-problem-untrusted = Whoever answers is not { $space } as your network knows it. Nothing was sent.
space-problem-no_such_space = This space is not in your wallet any more.
space-problem-no_such_change = It does not wait any more: it was done or taken out elsewhere.
space-problem-vault = Your wallet could not write it down. Try again.
space-problem-other = It was not done ({ $code }). Your history says more.
change-title = Change: { $detail }
change-value = New value
change-spaces = Where it changes
change-no-space = No space of which you are a member has it.
change-has = has: { $value }
change-nothing-yet = Nothing is sent yet.
change-see = See the difference
change-empty = Type the new value. To have a space erase it, take it back at the space’s page.
change-nowhere = Tick at least one space
change-difference-title = The difference: { $detail }
change-now = Now
change-then = Then
change-same = It has this value already. Nothing is sent.
change-unheld = By your wallet’s record it has none. Nothing is sent.
change-check-mail = They have an address that your passport office checked. The office has to check the new one first: say it among your own details and apply at the office again. A space that takes your own word as well takes it at once.
change-check-other = They have it as your passport office checked it. Have the team of your home space correct it and apply at the office again first. A space that takes your own word as well takes it at once.
change-in-vain = Nowhere would anything change.
change-when = When
change-apart = Each at a time of its own, within twelve hours
change-apart-why = Told in the same minute, the spaces would know each other’s member.
change-at-once = All at once
change-send = Change it
change-back = Back, to edit it
change-asked = The spaces are told
change-the-space = the space
change-answers-title = What each space answered
change-told-apart = The spaces are told one by one
change-none-title = This cannot be changed here
change-none-text = Your number and identifier change by other ways, and what only others can say, they have to correct.
failed-muted = You muted this space, so what it asks is not shown. Nothing was sent. Its page in your wallet shows it again.
history-muted = You had muted it.

## Messages, in the wallet
messages-title = Messages
messages-none = Nobody has written to you.
messages-sign-up = { $space } invites you to sign up
messages-here-i-am = { $space } asks whether you are there
messages-approved = { $space } took you in
messages-declined = { $space } said no
messages-decision = { $space } has decided
messages-offer = { $space } has something for you
messages-change = { $space } tells of a change
messages-note = { $space } wrote to you
messages-came = came on { $date }
messages-until = counts until { $date }
messages-leads = leads to { $host }
messages-opened = opened
messages-open-of = Open the message of { $space }
messages-delete = Delete
messages-delete-of = Delete the message of { $space }
messages-block = Nothing more from { $space }
messages-older = Older messages
messages-newer = Newer messages
messages-hello = { $name } says hello, at { $space }
messages-hello-answered = You answered { $name }, at { $space }
messages-hello-answer = { $name } answered your hello, at { $space }
hello-somebody = Somebody
hello-detail = { $detail }:
hello-checked = checked by an office
hello-who = Who it is, as the space says
hello-who-short = { $space } says it is:
hello-shared = They share with you:
hello-look = Look and answer
hello-read = I have read it
hello-page-title = { $name } says hello
hello-their-page = What they show at { $space }
hello-not-proven = Who this is { $space } says, and nothing here proves it to you. Nor is it proven that they wrote these words.
hello-answer-title = Answer
hello-answer-text = Your answer goes to { $name } through { $space }, sealed to the wallet that { $space } says is theirs: if { $space } is honest, it cannot read it. What you share you cannot take back.
hello-no-contacts = You have no e-mail address, phone number or website in this wallet that you could share.
hello-share = What { $name } gets from you
hello-answer = Share and answer
hello-not-now = Not now
hello-block = Block this person
hello-block-hint = Nobody is told that you put it off. Whom you block reaches you no more in this way, and is not told: { $space } carries nothing more of them to you.
hello-report-title = Report
hello-report-text = The team of { $space } is told whom you report and why. It does not get the words, nor your name.
hello-report-why = Why
hello-report-unwanted = I do not want this
hello-report-phishing = Pretends to be somebody, or wants passwords or money
hello-report-abuse = Insults or threatens
hello-report-other = Something else
hello-report = Report this person
hello-reported = You reported this person to the team of { $space }.
hello-nothing-chosen = Choose at least one way to reach you.
hello-choice-changed = What you can share has changed since this page was shown, and nothing was shared. Look at it and choose again.
hello-unconfirmed = You answered, and { $space } has not confirmed it. It may have reached them: { $details }. You can send the same once more.
hello-again = Send it once more
hello-answered-already = You have answered already, and the space has not confirmed it. Open the message to send the same once more.
hello-too-much-chosen = That is too much for one answer. Choose less, eight at most.
hello-no-reason = Choose why you report this person.
hello-over = Nothing more can be said to this hello. It was answered, or its time is up, or one of you is no member there any more.
ended-page = This message leads to a page
failed-no_such_message = There is no such message any more.
failed-expired = This message counts no more. Ask the space to write again.
failed-nothing_to_open = There is nothing to open in this message.
failed-link_elsewhere = The link in this message does not lead to whoever wrote it. It was left alone.
failed-request_elsewhere = What is behind this invitation lies at another address than its space’s. It was left alone.
details-text = What you say of yourself, which nobody has checked. A space that takes your own word sees it only when you share it. What spaces have already does not change by this.
details-save = Save
details-mail = Type one e-mail address, such as you@example.org
details-day = Type a past day, such as 1990-01-02
details-phone = Type a number with its country, such as +49 30 123456
details-long = This is too long: at most 2000 characters.
details-line = Type one line of at most 200 characters
details-letters = There are signs in it that no page can show
details-web = Type an address such as https://example.org
details-lines = Type at most 32, each on one line of at most 200 characters
details-saved = Saved.
details-back = Back to what { $asker } asks
details-you = You
details-contact = How to reach you
details-work = Your work
details-billing = For invoices
details-commas = Put commas between them
details-one-a-line = One address a line
details-in-every-set-short = The same in every set
details-in-every-set = The same in every set: { $detail }
sets-title = Sets of details
sets-text = When a space asks, you choose which set goes along. What is the same in every set is changed in all of them at once.
sets-why = Do you say different things of yourself at different places? Make a set for each, such as employed and freelance, and choose one when a space asks.
sets-add = Add a set
sets-first-field = What you have now is called
sets-first-example = Employed
sets-name-field = The new set is called
sets-name-hint = Only you see this name.
sets-rename-field = Name of this set
sets-rename = Rename
sets-remove = Take this set away
sets-remove-text = Take away “{ $name }” and all that only this set says. What spaces have already stays there.
sets-wrong-name = Type a name of at most 40 characters
sets-wrong-taken = Another set has this name
sets-wrong-many = There are eight sets: take one away first
sets-wrong-sure = Tick that the set may go
picture-title = Picture
picture-alt = Your picture
picture-none = You have no picture.
picture-add = Add a picture
picture-change = Change the picture
picture-text = A small square of your face, or of anything else. Your browser makes a new picture of it: where and when it was taken, and with which camera, does not go along.
picture-now = The picture now
picture-remove = Take it away
picture-needs-script = Your browser must run scripts to make a small picture.
picture-choose = Choose a picture
picture-take = Take a picture
picture-crop = Choose the part
picture-crop-hint = Drag it, or use the sliders.
picture-crop-alt = The part of your picture that is chosen
picture-zoom = Closer
picture-across = Left or right
picture-down = Up or down
picture-as-seen = As spaces will see it
picture-preview-alt = Your new picture, as it will be kept
picture-in-every-set = The same picture in every set
picture-save = Use this picture
picture-size = 0 kB
picture-unreadable = This is no picture that your browser can read. Choose a JPEG, PNG or WebP.
picture-too-large = This file is too large. Choose one below 30 MB.
picture-wrong = This is no picture of the kind that is kept. Choose it again.
picture-wrong-long = This picture is too large. Choose it again.
picture-wrong-measures = This picture is no small square. Choose it again.
picture-wrong-beside = Something was in the file beside the picture ({ $what }), so it was not kept.
asks-fill-in = Fill in your own details

carry-title = Carry it away
carry-text = Everything in your wallet goes into one file: your passport and what it holds, what spaces have of you, your details and your history. Your number stays the same.
carry-not-borrowed = This is not your device. The file would stay on it. Do this at a device of yours.
carry-anew = Open your wallet anew first, so that nobody carries it away who finds it open. Lock it, open it and come back here.
carry-what-for = What for?
carry-choose = Choose what the file is for.
carry-move = Move to another place
carry-move-text = Your wallet here rests from now on: you can look at it, and it answers nobody.
carry-keep = Keep it, in case this one is lost
carry-keep-text = Your wallet here goes on. What it can still show is not in the file twice, so the one from the file renews it first.
carry-passphrase = A passphrase for the file
carry-passphrase-hint = At least 8 characters; better some words. You type it at the other place. Your recovery code opens the file too.
export-passphrase-hint = At least 8 characters; better some words. You type it when you read the history. Your recovery code opens the file too.
carry-code-needed = Type your recovery code once, from your paper: without that it would not open your wallet at the other place.
carry-write = Write the file
carry-saved = The file is saved. Keep it where only you get at it.
carry-not-written = The file could not be written. Nothing has changed.
carry-then = What comes then
carry-then-move = What comes after a move
carry-then-bring = At the other place choose “Bring a wallet along”, and choose this file.
carry-then-look = Look whether everything is there.
carry-then-close = Close this wallet. Of the two only one may be used: if both answer, spaces could tell that two of your answers are of one person.
bring-title = Bring a wallet along
bring-text = Take your wallet from the place where it is now, with your number, your details and your history.
bring-close-other = The wallet at the other place has to be closed after this one opens. Only one of the two may be used.
bring-done = Your wallet is here now. Close the one at the other place: of the two only one may be used.
bring-file = The file of your wallet
bring-choose = Choose the file
bring-choose-hint = It ends in .passport-wallet. You write it at the other place, under “Carry it away”.
bring-words = Passphrase of the file
bring-words-hint = Or your recovery code, without the hyphens or with them.
bring-opens = How it opens here
bring-by-passkey = Bring it along, and open it here with a passkey
bring-passphrase = Passphrase here
bring-by-passphrase = Bring it along with this passphrase
bring-no-file = Choose the file of your wallet.
bring-here-already = This wallet is here already, and nothing of the file was taken in. Open the one that is here; if it rests since it was moved, take it up again there. To bring it along anew, close it first.
bring-one-here = A wallet is here already
bring-one-here-text = This place keeps one wallet, and nothing of a file was taken in. If the one in your file is this one, there is nothing more to do.
bring-one-here-close = To use another one here, close this one first:
bring-no-words = Type the passphrase of the file, or your recovery code.
bring-code-needed = This file comes from a machine of your own, and at a host your recovery code has to open its keys too. Type the recovery code here instead of the passphrase of the file. Nothing was brought along.
bring-wrong-words = This does not open the file. Check what you typed. Nothing was brought along.
bring-history = This is the file of a history. It can be read, and is no wallet.
bring-newer = There is something in this file that this place does not know. A newer one may. Nothing was brought along.
bring-no-such-file = This is no file of a wallet. It ends in .passport-wallet.
bring-damaged = This file is not as it was written. Take another copy of it. Nothing was brought along.
bring-too-slow = This file came too slowly, and nothing was brought along. Try again where the connection is better.
bring-too-large = This file is larger than the file of a wallet. Nothing was brought along.
moved-title = Moved
moved-since = Your wallet was moved on { $date }. Here it can be looked at, and it answers nobody.
moved-what = What that means
moved-again = Write the file once more
moved-take-up = Use this one again
moved-take-up-text = If you did not bring it along, or closed it there again, you can use your wallet here as before.
moved-sure = I know that the one at the other place must not be used any more
moved-unsure = Tick that you know that the other one must not be used any more
close-title = Close your wallet
close-text = Everything in your wallet is erased here. Nobody can bring it back.
close-moved = Your wallet goes on at the other place, with its number and its details. Here everything is erased. If you have not opened it there yet, do that first.
close-before = Before you do
close-no-space = No space has details of you.
close-spaces = These spaces still have details of you, and keep them when your wallet is gone. Leave there first, or take back what you like:
close-left = These spaces keep details of you by their own rules, although you left them. Their pages say until when, and where to write:
close-keep = If you may need it again, write it into a file first:
close-what = What is erased
close-goes = Your passport and what it holds, your details, what tells who has what of you, your history, and every way to open it.
close-number = Your number leads nowhere any more. Whoever knows it finds nobody.
close-host = What this host knows of your wallet: its name, when it was last opened, where it is open. Copies that the host keeps of its disk are sealed, and grow old.
close-anew = Open your wallet anew first, so that nobody closes it who finds it open. Lock it, open it and come back here.
close-sure = I know that it is gone for good
close-unsure = Tick that you know that it is gone for good
close-do = Close it for ever
closed-title = Your wallet is closed
closed-text = Nothing of it is left here, and nothing of it in this browser.
closed-passkey = A passkey that you made for it opens nothing any more. You can remove it where your device keeps passkeys.
closed-spaces = Spaces that have details of you still have them. Ask them by the address in their mails.
closed-goes-on = It goes on at the other place. Your number leads there, and spaces find you there.
closed-on = To the first page here
phone-lost-title = If your phone is lost
phone-lost-text = Your wallet is not in your phone alone. Here you see how you get at it without the phone, and you can try that now, while you still have it.
phone-lost-own-text = Your wallet lies on the machine that serves these pages, and nowhere else. If that machine is lost, a file of your wallet brings it back: keep one away from it. Your recovery code opens the file, too.
phone-lost-own-file = Keep a file of your wallet
phone-lost-ways = Ways that are left
phone-lost-passphrase = Your passphrase, from every browser.
phone-lost-own-passphrase = Your passphrase, from every browser that reaches that machine.
phone-lost-try-code = Try the code from your paper
phone-lost-try = Try it out
phone-lost-never = You have not tried it yet.
phone-lost-under-way = Under way: open your wallet without { $way }.
phone-lost-done = Done on { $date }: you opened it by { $way }.
phone-lost-try-text = Say what would be gone. Your wallet is locked then; open it in another way, with another device or the code from your paper. That is all.
phone-lost-own-try-text = Say what would be gone. Your wallet is locked then; open it in another way. That is all.
phone-lost-without = What would be gone?
phone-lost-browser = The browser that knows my passphrase
phone-lost-begin = Lock it and open it another way
phone-lost-choose = Choose what would be gone.
phone-lost-gone = When it is really gone
phone-lost-gone-text = Open your wallet on another device, and come here. Lock it everywhere else, and take the passkey of the lost phone away.
phone-lost-own-gone-text = Is the machine lost? Bring your wallet along at another place, from its file. Is only a phone or a browser lost in which you opened it? Lock it everywhere but here, and take its passkey away.
phone-lost-end = Lock it everywhere but here
phone-lost-ended = It is locked everywhere but here.
phone-lost-nowhere = It is open nowhere else.
phone-lost-number = Your number stays
phone-lost-number-text = It is yours and not your phone’s. Spaces find you by it as before.
export-sealed = A file that only you can read
export-sealed-text = The same, sealed under a passphrase. “passport wallet open-export” reads it, and every program that knows the form.

## What the member can show, in the wallet
held-title = What you can show
held-look = Look whether it still counts
held-none-title = Nothing yet
held-none-text = What a passport office or a space gives you comes here: a passport, a membership, and whatever else others sign for you.
held-from = From { $issuer }
held-state-good = Good
held-state-expires-soon = Expires soon
held-state-expired = Expired
held-state-used-up = Used up
held-state-suspended = Suspended
held-state-revoked = Revoked
held-state-ended = Ended
held-state-making = Being made
held-state-unchecked = Here, and not checked yet
held-state-not-given = Not given
held-uses =
    { $uses ->
        [one] Enough for one use.
       *[other] Enough for about { $uses } uses.
    }
held-until = Until { $date }.
held-ended = It ended on { $date }.
held-endless = It has no end.
held-by-itself = Your wallet gets new ones by itself before they run out, while it is open.
held-ask = Only { $issuer } can give you another one. Ask there.
held-says-used-up = Each copy is shown once, so that nobody can tell that both times it was you. All of them were.
held-says-suspended = { $issuer } says that it does not count at present, so it is not offered when somebody asks. Ask there why. Once it counts again, your wallet sees it by itself.
held-says-revoked = { $issuer } has taken it back. It is not offered any more when somebody asks. Ask there why.
held-says-left = You left { $issuer } on { $date }, and with that it ended.
held-says-making = { $issuer } did not have it ready. Your wallet asks again by itself, not before { $time }, while it is open.
held-says-unchecked = It has come. Your wallet could not find out yet whether whoever signed it may do so, and tries again by itself.
held-says-said = They say: { $said }
held-says-code = They refused it ({ $code }).
held-promised = Promised on { $date }.
held-content = What it says
held-content-of = What it says: { $kind }
held-not-given-on = Since { $date }.
held-anew = Get a new one
held-anew-named = Get a new one: { $kind }
held-anew-at = Get a new one at { $host }
held-throw = Throw away
held-throw-named = Throw away: { $kind }
held-throw-follows = It goes from this wallet for good, with all its copies. { $issuer } is not told, and what you showed of it stays with whoever saw it.
held-throw-passport = Your number stays yours. To show it to a space you need a passport again.
held-throw-membership = You stay a member of { $issuer }. Without this, your wallet cannot change or take back what it has of you. To end it all, leave it on its page instead.
held-let-go = Do not wait for it
held-let-go-named = Do not wait for it: { $kind }
held-let-go-follows = Your wallet asks for it no more. If you want it later, you have to ask for it again where it was promised.
held-put-away = Put away
held-put-away-named = Put away: { $kind }
held-sure = I know that it is gone then
held-unsure = Tick that you know that it is gone then
held-gone = There is no such thing in your wallet any more.
held-more = More
held-before = Back
held-by-itself-here = This page shows by itself what comes.
home-held =
    { $kinds ->
        [one] { $kinds } thing has run out. Get a new one before you show it.
       *[other] { $kinds } things have run out. Get new ones before you show them.
    }
home-changes =
    { $changes ->
        [one] { $changes } change waits at { $spaces }.
       *[other] { $changes } changes wait at { $spaces }.
    }
home-changes-given-up =
    { $changes ->
        [one] { $changes } change at { $spaces } is not sent again by itself.
       *[other] { $changes } changes at { $spaces } are not sent again by themselves.
    }
history-thrown_away = You threw it away.
failed-renew-unreachable = They could not be reached. Try again in a moment; nothing was used up.
failed-renew-last_copy_kept = They gave nothing new today. Your last copy is kept, so that there is one to ask with: try again tomorrow.
failed-renew-no_new_copies = They gave nothing new. They do so a limited number of times, and not for what they have revoked. Ask there, or try again tomorrow.
failed-renew-no_copies_yet = They took your copy and have nothing new yet. Look again later.
failed-renew-nothing_to_renew = There is no new one of this to be had here.
failed-renew-no_fresh_copy = There is no copy left to ask with. Get a new one where you got it first.
failed-renew-malformed_response = What they answered is nothing that your wallet can use. Nothing was used up.

# Being told that something came
notices-title = Be told when something comes
notices-text = You are told that there is news, and nothing else: no name, no text. What it is you see in your wallet.
notices-here = In this browser
notices-off = This browser does not tell you anything.
notices-on = This browser tells you when something comes, also when your wallet is closed.
notices-denied = You have forbidden this browser to show messages of your wallet. You can allow it in the browser’s settings for this page.
notices-unsupported = This browser cannot tell you anything while the page is closed. On an iPhone, first add your wallet to the home screen.
notices-failed = That did not work: this browser reaches no service that would wake it. Try again later, or choose mail.
notices-borrowed = This is not your device, so nothing is left in its browser.
notices-turn-on = Tell me here
notices-turn-off = Do not tell me here
notices-needs-script = This needs JavaScript in your browser. Mail works without.
notices-browsers = Browsers that tell you
notices-mail = By e-mail
notices-mail-text = If you have not looked for an hour after something came, you get a mail; one a day at most. It says that there is news, and nothing else.
notices-mail-field = E-mail address
notices-mail-hint = It is kept for this alone, by whoever runs this host, and deleted when you take it away.
notices-mail-add = Send me mails
notices-mail-remove = No mails any more
notices-mail-on = Mails go to { $address }.
notices-mail-waits = A mail is on its way to { $address }. Open the link in it, and mails are on.
notices-mail-asked = Look into your mail: there is a link that turns mails on.
notices-mail-wrong = Type one e-mail address, such as name@example.org.
notices-no-mails = This host sends no mails.
notices-who = Who learns what
notices-who-host = This host learns that something came for you, and when; not from whom, and not what.
notices-who-office = The office that keeps your messages learns that your wallet is at this host.
notices-who-push = Whoever made your browser, or carries your mail, learns that this host told you something, and when.
notices-own-machine = Your wallet runs on your own machine, where nobody reaches it. It looks for messages as long as a page of it is open, and shows them there.
notices-not-taken = That could not be turned on. Nothing has changed.
notices-confirm-title = Mails from your wallet
notices-confirm-text = Somebody typed your address at a wallet, to get a mail when something comes for it: one a day at most. If that was you, turn it on.
notices-confirm-button = Turn mails on
notices-confirm-done = Mails are on
notices-confirm-done-text = You get a mail when something has come and you have not looked for an hour.
notices-stop-title = No more mails
notices-stop-text = You get no more mails from this wallet, and your address is deleted here. Your messages stay in your wallet.
notices-stop-button = Stop the mails
notices-stop-done = Mails are off
notices-stop-done-text = Your address is deleted here. You can turn mails on again in your wallet.
notices-gone = This link leads nowhere any more
notices-gone-text = Mails to this address are off. You can turn them on in your wallet.
notices-asks-subject = Mails from your wallet: turn them on
notices-asks-mail =
    Somebody typed your address at a wallet, to get a mail when something comes for it. If that was you, open this page and turn it on:

    { $link }

    If it was not you, do nothing, and you hear no more of it.
notices-news-subject = There is news in your wallet
notices-news-mail =
    There is news. Open your wallet to see what it is:

    { $wallet }

    No more such mails:
    { $stop }
notices-open = Messages outside your wallet
