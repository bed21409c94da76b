## Joining a space
join-title = Join { $space }
join-intro = You do not fill in a form. Your wallet shows you what { $space } asks for, and you choose what to share.
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
asked-goes-to = Goes on to { $to }: { $details }
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
sign-up-joined-text = You are registered. Your wallet gets your membership and the proof of what you shared. You can close this page.
sign-up-with-the-team-title = { $space } has your answer
sign-up-with-the-team-text = A person of the team looks at it. You get the answer in your wallet, and here as long as this page is open.
sign-up-waiting-for-a-place-title = { $space } has your answer, and no place is free
sign-up-waiting-for-a-place-text = You get the next place that is free, without answering again: your wallet hears of it, and so does this page as long as it is open. If you would rather not wait, take your details back in the wallet.
sign-up-waiting-for-a-place-waiting = Waiting for a place …
sign-up-with-the-team-waiting = Waiting for the team
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
phone-then = When that screen says that it worked, close this page. The rest comes into your wallet.
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

## The portal: ways in, signing in, and for whom there is no way yet
sign-up-with-passport = Sign up with Passport
sign-in-with-passport = Sign in with Passport
portal-number-title = I have a passport number
portal-number-text = Type your number and your e-mail address, and your wallet gets an invitation of { $space }. No mail is sent.
portal-number-link = Sign up by number
portal-phone-title = On your phone
portal-phone-text = Scan this to sign up on your phone, or open the address there.
portal-phone-caption = For the camera of your phone
portal-none-text = Three steps, once: a wallet, a membership from a desk, and the passport.
portal-none-link = How to get a passport
member-pages = To your pages
shut-here-title = Online sign-up is off for now
shut-here-text = Ask at the desk of { $space }: the team can invite you.
shut-title = { $space } takes no sign-ups online now
shut-text = The team has turned online sign-up off for now. You can still join in person.
shut-then-title = What you can do
shut-desk = Ask at the desk of { $space }. The team can invite you by your number or by e-mail.
shut-invited = If you have an invitation already, open it in your wallet or from the mail. It works.
shut-under-way = If you have just shared something with { $space }, it counts. The answer is in your wallet.
shut-member = You are a member of { $space } already?
sign-in-title = Sign in at { $space }
sign-in-intro = Show your membership of { $space } from your wallet. There is no password, and { $space } learns nothing new about you.
sign-in-next = I have shown it
sign-in-no-member = Not a member of { $space } yet?
sign-in-not-here-title = Nobody can sign in here yet
sign-in-not-here-text = { $space } has not registered with the network that members sign in on its pages. Ask the team.
sign-in-waiting-title = Waiting for your wallet
sign-in-waiting-text = { $space } has no answer yet. Show your membership in your wallet, then this page goes on.
sign-in-code-wanted-title = Type the digits from your phone
sign-in-code-wanted-text = Somebody has shown { $space } a membership. The 6 digits show that it was you. No digits on your phone? Then it was not you: leave this page.
sign-in-not-shared-title = You chose not to show it
sign-in-not-shared-text = { $space } has received nothing, and you are not signed in.
sign-in-not-taken-title = { $space } could not take what your wallet showed
sign-in-not-taken-text = Your wallet says why. A membership that has ended does not sign you in, and one that is too old is renewed when you open the wallet.
sign-in-expired-title = This took too long
sign-in-expired-text = The request has ended, and { $space } has received nothing. Start again when you are ready.
sign-in-ended-title = You are not signed in
sign-in-ended-text = Nothing is open in this browser, the digits were not typed, or your session is over.
sign-in-return-other-browser = The request was made in another browser than the one that is open now, so nobody is signed in. If you opened the request yourself, start again and stay in one browser. If somebody sent it to you, do nothing.
sign-in-return-too-late = More than 3 minutes have passed since you showed your membership, so nobody is signed in. Start again when you are ready.
sign-in-return-over = It works once, right after you have shown your membership, and only while that membership counts. Start again to sign in at { $space }.
sign-in-phone-care-text = Then tell these digits to nobody. Whoever has them would be signed in at { $space } in your name.
sign-in-phone-over = Nobody was signed in by this. Begin again on the screen where you want to sign in.
member-title = Welcome back to { $space }
member-text = You are signed in as a member of { $space }.
member-membership = Your membership
member-plan = Plan
member-since = Since
member-pages-title = Pages of { $space }
member-page-book = Book a room or a desk
member-page-people = The people here
member-page-help = Help
member-wallet = What { $space } has of you, you see and change in your wallet.
member-sign-out = Sign out
no-passport-title = I have no passport yet
no-passport-intro = It takes three steps, and you do them once. After that you join { $space } and every other space of the network with one touch.
no-passport-wallet-title = 1. Get a wallet
no-passport-wallet-text = The wallet holds your passport and your details, and you alone open it.
no-passport-wallet-own = Or keep a wallet on a computer of your own:
no-passport-wallet-ask = Ask the team of { $space } which wallet it recommends, or keep one on a computer of your own:
no-passport-desk-title = 2. Go to the desk of { $space }, or of the space where you work
no-passport-desk-text = Somebody of the team gives you a membership: a code to scan with your wallet.
no-passport-mail = Cannot come by? Ask the team for an invitation by mail.
no-passport-office-title = 3. Get your passport
no-passport-office-text = A passport office checks your e-mail address and gives your wallet a passport with a number of your own. Open one of these with your wallet:
no-passport-office-none = Ask at the desk which office that is.
no-passport-then = Then come back and sign up at { $space }.

## The directory
people-title = The people at { $space }
people-seen-member = You see what the people here show to members of { $space }, to their brand and to everybody.
people-seen-brand = You see what the people at { $space } show to members of the other spaces of the brand, and to everybody.
people-seen-public = You see what the people at { $space } show to everybody. Members who sign in may see more.
people-search = Search
people-search-hint = A name, a company, a skill: of what is shown to you.
people-search-button = Search
people-search-length = Type 2 to 100 characters.
people-list = Who is here
people-none = Nobody shows anything here yet.
people-found =
    { $count ->
        [0] Nobody was found.
        [one] { $count } person was found.
       *[other] { $count } people were found.
    }
people-found-cut =
    { $count ->
        [one] More people were found than are shown here. Search for more letters.
       *[other] More than { $count } people were found. Search for more letters.
    }
people-more = More people
people-all = Everybody who is here
people-own = Each person decides in their own wallet what is shown here, and to whom. What they hide is gone the next time this page is loaded.
people-for-text = The people at { $space } show themselves to its members, and to members of the other spaces of its brand. Say which you are: your wallet shows your membership, and nothing else.
people-for-here = I am a member of { $space }
people-for-brand = I am a member of another space of the brand
sign-in-brand-intro = Show a membership of another space of the same brand from your wallet. You see what the people at { $space } show to you for an hour, and { $space } learns of which space you are a member and nothing else about you.
people-nameless = Someone without a name
people-picture = Picture of { $name }
people-checked = Checked by a passport office
people-yes = Yes
people-no = No
hello-title = Say hello
hello-text = Your words go to this person's wallet, with the name, company and role that you show here. { $space } keeps them sealed until they are there, a day at most. Whether they are read you are not told; an answer comes into your wallet.
hello-words = What you would like to say
hello-hint = Up to 500 characters. Say what it is about; an answer can share an address or a number with you.
hello-say = Say hello
hello-said = You said hello on { $date }. If they answer, it comes into your wallet.
hello-nameless = To say hello, show at least your name to the members here, in your wallet.
hello-no-inbox = To say hello, let this space write to your wallet: your wallet gives it a place for that when you give new details.
hello-unreachable = This person's wallet takes no messages from here.
hello-wrong-text = Write 1 to 500 characters, without signs that cannot be seen.
hello-too-many = You have said hello often enough for today. Try again tomorrow.
hello-too-many-there = This person was greeted often enough for today. Try again tomorrow.
hello-not-sent = Your words were not sent; what is written below says why.

## Sites at which members sign in
site-consent-title = { $site } wants to sign you in
site-consent-text = { $site } asks { $space } who you are. You decide what it gets.
site-consent-gets = It gets
site-consent-name = A name that { $space } makes for you, which other sites do not know
site-consent-purpose = What for
site-consent-goes-to = Where it goes
site-consent-offline = It also gets this while you are away, until you take it back.
site-consent-yes = Yes, sign me in
site-consent-no = No, go back
site-consent-hint = You are asked this once. On your page at { $space } you see every site and can take it back.
site-unknown-title = This link does not lead on
site-unknown-text = The site that sent you here is not one of { $space }, or its link is not whole. Nobody got anything. Go back and try again; if it stays so, tell the site.
site-logout-title = Sign out of { $space }?
site-logout-text = A site asks { $space } to sign you out. You are still signed in here.
site-logged-out-title = You are signed out
site-logged-out-text = You are signed out of { $space } in this browser.
site-gets-nothing = that you are a member, and nothing else
member-sites-title = Sites that you sign in to
member-sites-text = These sites get this of what you gave { $space }. When you take it back, a site gets nothing more; what it has kept already, ask it itself.
member-sites-end = End for { $site }
site-detail-name = Name
site-detail-given-name = First name
site-detail-family-name = Last name
site-detail-middle-name = Middle name
site-detail-nickname = Nickname
site-detail-preferred-username = User name
site-detail-profile = Profile page
site-detail-picture = Picture
site-detail-website = Web site
site-detail-gender = Gender
site-detail-birthdate = Date of birth
site-detail-zoneinfo = Time zone
site-detail-locale = Language
site-detail-email = E-mail address
site-detail-phone-number = Phone number
site-detail-address = Address
site-detail-company = Company
site-detail-role = Role
site-detail-bio = About you
site-detail-skills = Skills
site-detail-links = Links
