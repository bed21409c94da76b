# The team's pages of a space: the console.

## Frame
console-site = { $space }, console
console-foot = You are signed in as { $name } ({ $role }). Every look at what members gave is noted, with your name.
console-foot-outside = This is where the team of the space works. Members do not need it.
console-news = Something new came. It is on the page already.
console-offline = The connection is lost. What you see may be old. Trying again.
console-keys = Shortcuts
console-menu-today = Today
console-menu-people = People and tables
console-menu-rules = Rules and notes
console-menu-connections = Connections
console-menu-team = Team and access
console-keys-on = Single letters work as keys
console-key-help = this list
console-key-next = next in the list
console-key-previous = previous in the list
console-key-approve = approve
console-key-decline = decline
console-key-more = ask for more, or for something else
console-key-open = open
console-key-invite = invite
console-key-search = search
console-key-first = first page
console-no-right-title = Your role does not open this
console-no-right-text = You are signed in as { $role }. If you need this, ask an owner of the space to change your role.
console-never = never

## Roles
console-role-owner = Owner
console-role-owner-text = May do everything, and says who is in the team.
console-role-manager = Manager
console-role-manager-text = May do everything but change the team or leave the network.
console-role-desk = Desk
console-role-desk-text = Sees and decides sign-ups, sees contacts, invites.
console-role-auditor = Auditor
console-role-auditor-text = Sees rules, numbers and who looked at what. Never what members gave.

## Signing in
console-sign-in-title = Sign in to the console
console-sign-in-text = For the team of { $space }.
console-sign-in-button = Sign in with a passkey
console-sign-in-lost = Lost every passkey? An owner of the space makes you another link, or whoever runs its server does.
console-passkey-failed = The passkey did not answer. Try again, or take another one.
console-passkey-refused = This was not accepted. Load the page again and try once more.
console-passkey-none = This browser has no passkeys. Take another browser or device.
console-passkey-script = Passkeys need scripts. Switch them on for this page.
console-enter-title = Welcome to the team
console-enter-text = { $name }, make a passkey for the console of { $space } on this device. You sign in with it from then on; there are no passwords.
console-enter-once = This link works once.
console-passkey-label = What to call this passkey
console-passkey-label-hint = So that you know it in a list later, such as “desk tablet”.
console-passkey-make = Make a passkey
console-link-over-title = This link counts no more
console-link-over-text = It was used, or its time is up. If you have a passkey, sign in with it. If not, ask an owner of the space for another link.

## Own access
console-access = Your access
console-passkeys = Your passkeys
console-passkey-facts = made { $made }, last used { $used }
console-passkey-remove-of = Remove the passkey { $name }
console-passkey-remove-hint = Removing one signs you out everywhere else, and ends your links to other devices and the screens at doors that you opened: they may be in other hands.
console-passkey-here = Make a passkey on this device
console-passkey-last-title = The last passkey stays
console-passkey-last-text = Without it you could not sign in any more. Make another one first.
console-remove = Remove
console-end = End
console-sessions = Where you are signed in
console-session-this = here
console-session-facts = since { $began }, last used { $seen }
console-session-end-of = End the session that began { $began }
console-sessions-text = A session ends after 8 hours without use, and after 7 days in any case.
console-device-link-button = Link for another device
console-device-link-title = Your link for another device
console-device-link-text = Open it on the other device within 10 minutes. It works once, and is not shown again.
console-link-qr = Scan this with the camera of the device that is to get the passkey.

## Team
console-team = Team
console-team-who = Who is in the team
console-team-you = you
console-team-change = Change { $name }
console-team-role = Role
console-team-role-change = Change role
console-team-role-missing = Choose a role.
console-team-again = New link: every passkey is lost
console-team-end = End access
console-team-change-hint = Each of these ends the person’s sessions at once. A new link also removes their passkeys.
console-team-invite = Take somebody into the team
console-team-name = Name
console-team-invite-button = Make a link
console-team-link-title = Link for { $name }
console-team-link-text = Give it to { $name } yourself. It works once, for a day, and is not shown again. Whoever opens it first makes the passkey.
console-team-again-title = The new link
console-team-again-text = Give it to the person yourself. It works once, for a day, and is not shown again. Earlier passkeys and sessions have ended.
console-team-bad-name = A name has 1 to 64 letters, digits, spaces, and - _ . '
console-team-taken = There is somebody of this name already.
console-team-last-owner = The last owner stays. Make somebody else an owner first.
console-team-nobody = This person is not in the team any more.
console-team-too-many = The team is as large as it may be.
console-person-invited = has a link, and no passkey yet
console-person-seen = last here { $at }
console-person-unseen = has a passkey

## First page
console-first = What waits
console-waiting = Sign-ups
console-waiting-count =
    { $count ->
        [0] Nobody waits. Whoever signs up appears here by itself.
        [one] { $count } person waits
       *[other] { $count } people wait
    }
console-waiting-many = More than 50 people wait; here are those who have waited longest.
console-since = has waited { $waited }, since { $at }
console-minutes =
    { $count ->
        [one] { $count } minute
       *[other] { $count } minutes
    }
console-hours =
    { $count ->
        [one] { $count } hour
       *[other] { $count } hours
    }
console-days =
    { $count ->
        [one] { $count } day
       *[other] { $count } days
    }
console-nameless = No name was asked for
console-name-hidden = Name seen by others of the team
console-name-hidden-owner-and-managers = Name seen by owner and managers
console-name-hidden-owner = Name seen by the owner
console-note-less = Gave less than was asked: not { $names }
console-note-again = Answered again, after you had asked for something else
console-note-asked = Asked for something else { $at }; no answer yet
console-approve-of = Approve: { $name }
console-decline = Decline
console-decline-of = Decline: { $name }
console-decline-button = Decline, and erase what was shared
console-reason = Why
console-reason-hint = The applicant reads it. It may stay empty.
console-more = Ask for more
console-more-of = Ask for more, or for something else: { $name }
console-done-approved = Approved: { $name }. Their wallet takes the membership by itself.
console-done-declined = Declined: { $name }. What was shared is erased.
console-done-asked = Asked again: { $name }. Their wallet shows the question.
console-place = number { $place } in the list
console-not-decided-title = Nothing was changed
console-approved-by = { $name } has approved this sign-up already.
console-declined-by = { $name } has declined this sign-up already. What was shared is erased.
console-approved-already = This sign-up is approved already.
console-declined-already = This sign-up is declined already. What was shared is erased.
console-sign-up-gone = This sign-up is gone: its time is up, or it was answered again.
console-qr-title = Sign up here
console-qr-caption = Members scan this with their phone: it opens the page on which they sign up.
console-invite-title = Invite to sign up
console-invite-whom = Network passport number, or e-mail address
console-invite-hint = Whether anybody has the number is not said.
console-invite-button = Send the invitation
console-invite-missing = Type a network passport number or an e-mail address.
console-invite-open = There is an open invitation for this already.
console-invite-too-many = The team has sent as many invitations as it may within an hour. Try again later.
console-invite-no-form = This space has no form, or several. Invite from the terminal, and name one.
console-invite-cannot = This space cannot send this invitation. Whoever runs its server finds the reason in the log.
console-invited = The invitation is on its way.
console-due-title = To be deleted
console-due-none-late = Nothing is overdue.
console-due-none = Nothing is due within a week.
console-soon-line = { $names }: { $at }
console-overdue-title = Overdue for deletion
console-overdue-line = { $names }: was due { $at }
console-overdue-text = Deleting goes by itself, so something is broken. Tell whoever runs the server today.
console-keys-overdue =
    { $count ->
        [one] What was deleted can still be read with { $count } key
       *[other] What was deleted can still be read with { $count } keys
    }
console-objections-wait =
    { $count ->
        [one] { $count } objection waits
       *[other] { $count } objections wait
    }

## People
console-contacts = People
console-members = Members
console-members-count =
    { $count ->
        [0] Nobody is a member yet.
        [one] { $count } person, the newest first
       *[other] { $count } people, the newest first
    }
console-member-since = member since { $at }
console-member-before = A member from before, without details here
console-ended = ended { $at }
console-earlier = Newer
console-later = Older
console-search = Search
console-search-hint = Name, e-mail address, company: whatever people gave. Every search is noted as a look at everybody, without what you searched for.
console-search-button = Search
console-search-short = Type 2 to 100 characters.
console-search-imported = from a table
console-search-found =
    { $count ->
        [0] Nobody was found.
        [one] { $count } person was found.
       *[other] { $count } people were found.
    }
console-search-cut = There may be more: search for something longer.
console-search-in = in: { $names }
console-sign-up = Sign-up
console-sign-up-facts = { $form }, answered { $at }
console-given = What this person gave
console-given-gone = Nothing is held any more.
console-show-values = Show what they gave
console-show-values-hint = That you looked is noted, with your name.
console-held-since = held since { $at }
console-kept-until = until { $at }
console-kept-days = while a member, and { $count } days after
console-kept-member = while a member
console-hidden = Given, seen by others of the team
console-hidden-owner-and-managers = Given, seen by owner and managers
console-hidden-owner = Given, seen by the owner
console-inbox = This person can be written to through their wallet.
console-no-inbox = This person cannot be written to through their wallet.
console-no-inbox-mail = This person cannot be written to through their wallet. Write to the e-mail address that they gave.
console-word-office = Checked by a passport office
console-word-space = The word of another space
console-word-own = Their own word
console-word-foreign = Checked by { $who }
console-value-picture = a picture
console-value-yes = yes
console-value-no = no
console-membership = Membership
console-offer-again = Offer the membership again
console-offer-title = The offer
console-offer-text = Let the person scan this in their wallet within 10 minutes. Earlier offers count no more.
console-offer-too-often = It was offered five times today. The last offer still counts, or try again tomorrow.
console-offer-enough = There are as many copies of this membership as there may be. Try again when some have expired.
console-member-gone = There is no such member any more.
console-end-membership = End the membership
console-end-membership-text = Every copy of it counts no more at once. What the person gave is kept for as long as was promised, then it is deleted.
console-end-membership-button = End it now
console-ask-title = Ask for more, or for something else
console-ask-text = Their wallet shows the question for a week. What they answer takes the place of what they gave.
console-ask-without = Leave out
console-ask-form = Form
console-ask-same-form = the same
console-ask-button = Ask
console-ask-nothing = Choose another form, or what to leave out: the same would be asked again.
console-ask-cannot = This cannot be asked: { $why }

## Looks
console-looks = Who looked
console-looks-text = Every look at names and at what members gave, the newest first. The same person’s look at the same list within ten minutes is one. Kept for a year.
console-looks-none = Nobody has looked yet.
console-look-when = When
console-look-who = Who
console-look-what = At what
console-look-names = Which details
console-look-terminal = at the terminal
console-look-program = the program with the key “{ $name }”
console-look-nobody = not in the team any more
console-look-contact = everything one person gave
console-look-contact-name = the name of one person
console-look-objections = objections
console-look-sign-ups =
    { $count ->
        [one] the name of { $count } person who waits
       *[other] the names of { $count } people who wait
    }
console-look-members =
    { $count ->
        [one] the name of { $count } member
       *[other] the names of { $count } members
    }
console-look-search =
    { $count ->
        [one] a search over { $count } person
       *[other] a search over { $count } people
    }

## Why
console-refused = Refused answers
console-refused-text = Requests of the last hours whose last answer was refused: why, and what to do. No values stand here.
console-refused-none = None was refused.
console-refused-facts = { $form }, open until { $until }
console-refused-expired = Nobody answered in time, or what was shown was too old
console-refused-expired-do = Show a new QR code. Who was sent away opens their wallet first: it gets fresh copies.
console-refused-access-denied = The member chose not to share
console-refused-access-denied-do = Nothing to do. Another answer is taken as long as the request is open.
console-refused-session-mismatch = The answer came back in another browser, or too late
console-refused-session-mismatch-do = Nothing was kept. Begin again in the browser that goes on.
console-refused-stale = The answer was made for another moment or for somebody else
console-refused-stale-do = Begin again with a new request. If it happens often, tell whoever runs the server.
console-refused-revoked = What was shown counts no more
console-refused-revoked-do = The member asks the office or space that gave it.
console-refused-missing = Not all that is needed was given
console-refused-missing-do = The member shares what is marked as needed, or offers something else. Ask yourself whether you need it.
console-refused-invalid = A detail says nothing, or is not what its name says
console-refused-invalid-do = The member looks at their details in the wallet, mends them and answers again.
console-refused-untrusted = It is signed by somebody who may not, or put together from two wallets
console-refused-untrusted-do = Take nothing from this person on another way before you know who it is.
console-refused-later = Whether it counts could not be told just now
console-refused-later-do = The wallet sends it again by itself.
console-refused-other = The wallet sent something faulty
console-refused-other-do = Begin again. If it stays, tell whoever runs the server the word below.
console-offers = Offered instead
console-offers-text = What applicants offered instead of what was asked, and what your rules said to it. It shows what people do not like to give.
console-offers-none = Nobody offered anything else in the last 90 days.
console-offer-left-out = Not given: { $names }
console-offer-instead = Offered instead: { $names }
console-offer-anew = Less was enough: it was asked again without.
console-offer-declined = It was not enough: { $why }
console-objections = Objections
console-objections-text = What members object to, and why. Answer within a month.
console-objections-none = Nobody objects to anything.
console-objections-show = Show the reasons
console-objection-about = About: { $names }
console-objection-all = everything

## The screen at the desk
console-desk = Front desk
console-desk-here = Sign up at this screen
console-desk-lock = Lock this screen
console-desk-nobody = Nobody waits.
console-desk-joined = Just joined
console-desk-somebody = Somebody
console-locked = Welcome
console-locked-team = For the team
console-unlock = Unlock with a passkey
console-look-desk =
    { $count ->
        [one] the first name of { $count } person, at the desk
       *[other] the first names of { $count } people, at the desk
    }

## Online sign-up
console-online-title = Online sign-up
console-online-open = Open: people sign up at your page.
console-online-closed = Closed: nobody signs up at your page. Invitations still work.
console-online-close = Close it
console-online-open-button = Open it

## A space that has left the network
console-left-title = This space has left the network
console-left-since = It left { $at }.
console-left-not = Nobody is taken in: there is no sign-up, no invitation and no table to take in. Invitations that were sent before lead nowhere.
console-left-members = Your members keep their memberships until you end them. They sign in, open doors, change what they gave, take it back, object and leave as before.
console-left-team = You decide the sign-ups that wait, see what you hold, carry it away, and end memberships as before.
console-left-back = Whoever runs the server can take this back, and says how in the terminal: passport network leave with --undo.
console-desk-shut-title = No sign-up here
console-desk-shut = Nobody signs up online now. The team can invite people by their number or by e-mail.
console-desk-left = This space has left the network: nobody signs up here any more. Members keep what they have.

## The directory
console-directory = Directory
console-directory-text = The page of the people here shows what members themselves chose to show, to those they chose. You decide whether there is such a page, and for whom.
console-directory-for = For whom is the directory?
console-directory-nobody = For nobody: there is no directory
console-directory-members-here = For members of this space
console-directory-brand = For members of this space and of the brand
console-directory-public = For everybody
console-directory-hint = It never shows more than the person chose: whoever shows a detail to members shows it to nobody else, also if the directory is for everybody.
console-directory-save = Save
console-directory-open = Open the directory as a visitor or member
console-directory-who = Who publishes what
console-directory-who-text = Which details members show to others, and to whom. What they say in them stands at their page, as others see it, and at their contact.
console-directory-shown = { $name }: { $audience }
console-directory-page = Their page, for whoever may see it
console-directory-what = What is published
console-directory-people =
    { $count ->
        [0] Nobody publishes anything.
        [one] { $count } person publishes something. What they say is with their contact, and is a look.
       *[other] { $count } people publish something. What they say is with their contacts, and is a look.
    }
console-directory-detail = Detail
console-directory-column-members = To members
console-directory-column-brand = To the brand
console-directory-column-public = To everybody
console-directory-before = What was decided
console-reported-title = Reported
console-reported-text = Whom members reported after a hello, and why. What was said is not kept, nor who reported it.
console-reported-none = Nobody was reported.
console-reported-unwanted = Unwanted ({ $at })
console-reported-phishing = Pretends to be somebody, or wants passwords or money ({ $at })
console-reported-abuse = Insulting or threatening ({ $at })
console-reported-other = Something else ({ $at })
console-reported-done = Dealt with
console-reported-done-of = Dealt with: { $name }
console-directory-decided = { $at }, { $by }: { $reach }

## Keys of programs
console-api-keys = Program keys
console-keys-text = With a key a program of yours acts for the team: it sees and does what its key says, and nothing else. What a program looks at is noted under the key’s name.
console-keys-there = Your keys
console-keys-none = There is no key yet.
console-key-over = ended
console-key-made = made { $at }
console-key-made-by = made { $at } by { $by }
console-key-ends = ends { $at }
console-key-ended = ended { $at }
console-key-no-end = until you revoke it
console-key-used = last used { $at }
console-key-unused = never used
console-key-revoke = Revoke this key
console-key-revoke-hint = The program that has it is shut out at once.
console-key-make = Make a key
console-key-make-button = Make the key
console-key-name = Name
console-key-name-hint = So that you know later which program has it. It also stands where the program’s looks are noted.
console-key-scopes = What the program may do
console-key-days = It works for
console-key-made-title = The key “{ $name }”
console-key-made-text = It is shown this once. Copy it into the settings of the program now; if it gets lost, make another one.
console-key-itself = Key
console-key-description = Description
console-key-description-text = For whoever writes the program: every address, in OpenAPI.
console-key-back = To your keys
console-key-bad-name = A name has 1 to 64 letters without accents, digits, spaces, - and _.
console-key-taken = There is a key of this name. Revoke it first, or take another name.
console-key-no-scope = Tick what the program may do.
console-key-bad-end = Choose for how long the key works.
console-key-too-many = There are as many keys as there may be. Revoke one that is not used any more.
console-key-gone = There is no such key any more.
console-keys-of-title = Keys that { $name } made
console-keys-of-text = These keys belong to the space, and programs go on working with them. { $name } saw each of them once and may have kept it. Revoke those that { $name } should not have, and make new ones for the programs that use them.
console-keys-of-none = No key that { $name } made works any more.
console-keys-of-revoke = Revoke the key { $key }
console-keys-of-back = To the team
console-scope-forms-read = See what you ask
console-scope-sign-ups-read = See sign-ups and how they stand, without what people gave
console-scope-invitations-read = See invitations and how they stand
console-scope-memberships-read = See memberships
console-scope-contacts-read = See of whom you have what, until when, without what it says
console-scope-invitations-send = Invite people
console-scope-sign-ups-ask = Ask for something else, where your rules leave the decision to a program
console-scope-sign-ups-decide = Approve and decline, where your rules leave that to a program
console-scope-sign-ups-values = See what people gave with sign-ups that wait
console-scope-contacts-values = See what everybody gave
console-scope-memberships-change = End memberships
console-scope-memberships-offer = Offer a membership again: whoever gets the offer can take the member’s place

## Sites at which members sign in
console-sites = Sites
console-sites-text = Web sites and programs at which your members sign in with their membership, by OpenID Connect. Each member is asked before a site gets anything, and a site gets only what the member gave you.
console-sites-there = Your sites
console-sites-none = There is no site yet.
console-site-gets = Gets: { $details }
console-site-new-secret = Make another secret
console-site-end = End this site
console-site-add = Add a site
console-site-add-button = Add the site
console-site-name = Name
console-site-name-hint = Your members read it when the site wants to sign them in.
console-site-purpose = What for
console-site-purpose-hint = A few words for your members, such as: booking rooms.
console-site-redirects = Addresses to send members back to
console-site-redirects-hint = The site's documentation calls them redirect URIs. With spaces between them; https, or http on localhost.
console-site-logouts = Addresses after signing out
console-site-logouts-hint = May be left empty. With spaces between them.
console-site-sector = Sector
console-site-sector-hint = May be left empty when all addresses are at one host. Members have one name at all sites of a sector.
console-site-claims = What it may get, of what members gave you
console-site-public = It runs in browsers or on phones and can keep no secret
console-site-made-title = { $site } can sign members in
console-site-made-text = Enter this in the settings of the site.
console-site-issuer = Issuer
console-site-client = Client ID
console-site-secret = Client secret
console-site-secret-text = It is shown this once. Copy it now; if it gets lost, make another one.
console-site-back = To your sites
console-site-bad-name = A name has 1 to 64 characters.
console-site-bad-purpose = Say in at most 200 characters what the site is for.
console-site-bad-address = Give 1 to 10 addresses, each https (or http on localhost), without a part behind #.
console-site-no-sector = The addresses are at several hosts: name a sector of lower-case letters, digits, dots and hyphens.
console-site-not-asked = No form of yours asks for one of these details, or your registration does not cover it.
console-site-too-many = There are as many sites as there may be.
console-site-none = There is no such site any more, or it has no secret.
## A table that another program wrote
console-import = Take in a table
console-import-lead = Members of before, from the export of another program or a table of your own. You see what will be taken in before it is, and nobody gets a mail until you invite them.
console-import-file-title = The table
console-import-form = Form to invite them to
console-import-form-hint = Its registered use says what may be taken in, and for how long.
console-import-file = CSV file
console-import-file-hint = At most 5 MiB and 20,000 rows. Exports of Nexudus, Cobot and OfficeRnD are recognised; of any other table you say what its columns hold.
console-import-look = Look at it first
console-import-people = Taken in
console-import-nobody = Nobody is here.
console-import-people-hint = They are no members. Who answers an invitation signs up as everybody does, and what the table said of them goes then.
console-import-invite = Invite the chosen ones
console-import-delete = Delete the chosen ones
console-import-more = Next 50
console-import-not-invited = not invited
console-import-invited-at = invited { $at }
console-import-terms = { $source }, { $at }; goes { $until }
console-import-from-nexudus = From Nexudus
console-import-from-cobot = From Cobot
console-import-from-office-rnd = From OfficeRnD
console-import-from-table = From a table
console-import-did-new =
    { $count ->
        [0] Nobody was taken in.
        [one] { $count } person was taken in. Nobody got a mail.
       *[other] { $count } people were taken in. Nobody got a mail.
    }
console-import-did-known =
    { $count ->
        [0] {""}
        [one] { $count } person had been taken in before.
       *[other] { $count } people had been taken in before.
    }
console-import-did-invited =
    { $count ->
        [0] Nobody was invited.
        [one] { $count } person was invited.
       *[other] { $count } people were invited.
    }
console-import-did-open =
    { $count ->
        [one] { $count } has an open invitation already.
       *[other] { $count } have an open invitation already.
    }
console-import-did-waits =
    { $count ->
        [one] { $count } must wait: 200 were invited within the hour.
       *[other] { $count } must wait: 200 were invited within the hour.
    }
console-import-did-deleted =
    { $count ->
        [one] { $count } person was deleted.
       *[other] { $count } people were deleted.
    }
console-import-no-file = Choose a file first.
console-import-too-large = The file is larger than 5 MiB. Part it into several.
console-import-not-text = This is no table in text. Save it as CSV and choose that file.
console-import-empty = There is no row below the header.
console-import-too-many-rows = There are more than 20,000 rows. Part the file into several.
console-import-too-many-columns = There are more than 200 columns. Leave out those that you do not need.
console-import-wide-row = The row on line { $line } has more than 200 cells. Look whether a line break or a quotation mark is missing there.
console-import-not-registered = The registered use of this form has no e-mail address, so nobody of a table could be invited. Choose another form.
console-import-left = This space has left the network: it takes nobody in and invites nobody.
console-import-nobody-chosen = Tick those whom you mean first.
console-import-form-gone = The form to which they were to be invited is not asked any more. Delete them and take the table in again.
console-import-no-mail = No mail can be sent: ask whoever runs the server to set up a mail server and a network.
console-import-preview = What will be taken in
console-import-preview-lead = Nothing is stored yet, and nobody gets a mail.
console-import-counts = In short
console-import-recognised-nexudus = This looks like an export of Nexudus.
console-import-recognised-cobot = This looks like an export of Cobot.
console-import-recognised-office-rnd = This looks like an export of OfficeRnD.
console-import-recognised-table = No program is recognised: look at the columns below.
console-import-will =
    { $count ->
        [0] Nobody will be taken in.
        [one] { $count } person will be taken in.
       *[other] { $count } people will be taken in.
    }
console-import-will-known =
    { $count ->
        [one] { $count } person was taken in before and stays as they are.
       *[other] { $count } people were taken in before and stay as they are.
    }
console-import-will-bad =
    { $count ->
        [one] { $count } row is left out: see why below.
       *[other] { $count } rows are left out: see why below.
    }
console-import-will-undated =
    { $count ->
        [one] { $count } date is left out, on line { $lines }, because the day is not sure: dates are read as 2026-11-30.
       *[other] { $count } dates are left out, on the lines { $lines }, because the day is not sure: dates are read as 2026-11-30.
    }
console-import-whole-name = The whole name is kept as it stands and is not parted: nothing fills the first name. If a column holds it, say so below.
console-import-not-shown =
    { $count ->
        [one] { $count } more row is not shown.
       *[other] { $count } more rows are not shown.
    }
console-import-samples = The first of them
console-import-sample = Line { $line }: { $details }
console-import-terms-title = On what ground
console-import-taken = Taken in: { $names }. No other column is stored.
console-import-beyond = Not taken, because it is not registered for this: { $names }
console-import-purpose = For: { $purpose }
console-import-kept =
    { $count ->
        [one] It is deleted after { $count } day, or when they answer an invitation.
       *[other] It is deleted after { $count } days, or when they answer an invitation.
    }
console-import-bad = Rows that are left out
console-import-bad-cells = Line { $line }: it has { $has } cells, and the header has { $header }.
console-import-bad-no-email = Line { $line }: there is no e-mail address.
console-import-bad-email = Line { $line }: what stands there is no e-mail address.
console-import-bad-long = Line { $line }: { $name } is longer than 200 characters.
console-import-bad-here = Line { $line }: somebody with this address is a member here or waits to be one, and stays as they are.
console-import-bad-twice = Line { $line }: the address stands on line { $first } already.
console-import-columns = What the columns hold
console-import-columns-hint = Change it where it is wrong, and look again. What is left out is not stored.
console-import-column-number = Column { $number }, without a name
console-import-column-plan = Plan
console-import-column-since = Member since
console-import-column-name = Whole name
console-import-column-twice = Two columns are said to hold the same: { $name }. Leave one out.
console-import-no-email-column = Say which column holds the e-mail addresses.
console-import-leave-out = Leave out
console-import-again = Look again
console-import-take =
    { $count ->
        [one] Take { $count } person in
       *[other] Take { $count } people in
    }
console-import-cancel = Cancel
console-look-import-compared =
    { $count ->
        [one] the address of { $count } person here, compared with a table
       *[other] the addresses of { $count } people here, compared with a table
    }
console-look-imported =
    { $count ->
        [one] { $count } person from a table
       *[other] { $count } people from a table
    }
## A table to carry away
console-export = Carry a table away
console-export-lead = What members gave you, as a CSV file, made at this moment. Only what may be kept now is in it; what somebody took back is not.
console-export-people =
    { $count ->
        [one] You hold something of { $count } person.
       *[other] You hold something of { $count } people.
    }
console-export-imported =
    { $count ->
        [one] Also { $count } person from a table you took in, marked as such
       *[other] Also { $count } people from tables you took in, marked as such
    }
console-export-of =
    { $count ->
        [one] of { $count } person
       *[other] of { $count } people
    }
console-export-none = There is nothing to carry away.
console-export-columns = Details
console-export-columns-hint = Beside them each row says what somebody is to you, whose word each detail is, and until when it may be kept at most.
console-export-layout = For which program
console-export-comma = With commas, for most programs
console-export-semicolon = With semicolons, for spreadsheets that write decimals with a comma
console-export-mark = With a mark at the beginning by which Excel knows the letters
console-export-hint = You answer for what is in the file: delete it when it was used. That you carried it away is noted, with your name, the details and of how many people. A cell that a spreadsheet would take for a formula begins with an apostrophe.
console-export-button = Make the table
console-export-nothing-chosen = Tick the details that you need.
console-export-too-many = There are more than 10,000 people. Ask whoever runs the server: the terminal writes tables of any length.
console-export-too-large = The table would be larger than 64 MiB. Choose fewer details, or ask whoever runs the server: the terminal writes tables of any length.
console-look-export =
    { $count ->
        [one] a table of { $count } person, carried away
       *[other] a table of { $count } people, carried away
    }
## What the team writes
console-notes = Notes
console-notes-lead = Whether the team may write something about members in words of its own. Off as long as no owner turns it on. Whatever is written, the member can read in their wallet; it goes with the membership.
console-notes-on = The team may write notes.
console-notes-off = Nobody writes notes.
console-notes-turn-on = Let the team write notes
console-notes-turn-off = Have no more notes written
console-notes-stay = Notes of before stay until they are deleted or the membership ends.
console-notes-count =
    { $count ->
        [0] There are no notes about anybody.
        [one] There are notes about { $count } person.
       *[other] There are notes about { $count } people.
    }
console-notes-before = What was decided
console-notes-decided-on = { $at }: on, by { $by }
console-notes-decided-off = { $at }: off, by { $by }
console-notes-of = What the team wrote
console-notes-sealed = There are notes. They are shown with what the person gave.
console-notes-none = Nothing.
console-note-by = { $name }, { $at }
console-note-delete = Delete this note
console-note-text = A note
console-note-hint = The member can read this. At most 500 characters, about what the team needs to know; nothing about health, belief or what others said.
console-note-write = Write the note
console-note-wrong = A note has 1 to 500 characters, without hidden signs.
console-note-off = No owner of this space has turned notes on.
console-note-too-many = There are 20 notes about this person already. Delete one first.
console-note-no-member = Notes are written about members alone, who can read them.
console-note-not-written = The note is not written
## What members did
console-deeds = What the member did
console-deeds-hint = Names of details alone. What was done with them is known for thirty days.
console-deed-answered = { $at }: answered the form { $form }
console-deed-values = { $at }: gave new values. Which: { $names }
console-deed-taken-back = { $at }: took back. Which: { $names }
console-deed-published = { $at }: shows to more people. Which: { $names }
console-deed-hidden = { $at }: shows to the team alone. Which: { $names }
console-deed-until = { $at }: set or lifted an end. Which: { $names }
console-deed-objected = { $at }: objected. About: { $names }
console-deed-left = { $at }: left
console-deed-everything = everything
console-today = Since yesterday
console-today-none = No member changed anything.
console-today-changed =
    { $count ->
        [one] { $count } change of details.
       *[other] { $count } changes of details.
    }
console-today-taken-back =
    { $count ->
        [one] Something taken back { $count } time.
       *[other] Something taken back { $count } times.
    }
console-today-left =
    { $count ->
        [one] { $count } member left.
       *[other] { $count } members left.
    }
console-today-objected =
    { $count ->
        [one] { $count } objection.
       *[other] { $count } objections.
    }
console-today-who = { $name }, { $what }

## Doors
console-doors = Doors
console-doors-text = Members open a door with their membership: they scan the code on the screen beside it and press one button. The code is another one every few seconds; a printed one opens nothing.
console-doors-there = Your doors
console-doors-none = There is no door yet.
console-door-everybody = every member opens it
console-door-plans-of = members with the plan { $plans } open it
console-door-screen = Make this device the screen of { $door }
console-door-screen-hint = You are signed out on this device by it, so that nobody at the door finds the console. The screen shows codes until somebody ends it, for a month at most, and as long as you are in the team with your role.
console-door-tag = For a printed tag, which opens nothing and says to scan the screen:
console-door-remove = Remove this door
console-door-gone = A door that is removed
console-door-gone-text = This door is not there any more.
console-screens = Screens at doors
console-screen-facts = opened { $at } by { $by }, ends { $until }
console-screen-end = End the screen of { $door }
console-screens-full-title = There are enough screens
console-screens-full-text = End one that is not used any more first.
console-openings = Opened last
console-openings-hint = Who opened what is known for 30 days. Members read that where they open. That you looked is noted.
console-openings-none = Nobody has opened a door yet.
console-look-doors =
    { $count ->
        [one] when { $count } person opened doors
       *[other] when { $count } people opened doors
    }
console-opening-opened = opened
console-opening-asked = asked, and nothing was heard
console-opening-status = not opened: its answer was { $status }
console-opening-silent = not opened: no answer
console-door-new = Add a door
console-door-new-text = A door is one request to your lock or relay, the same whoever opens it: nothing about a member goes there.
console-door-begin = { $name }: begin
console-door-name = What the door is called
console-door-name-hint = Members read it on the screen and on their phone.
console-door-plans = Only for these plans
console-door-plans-hint = Names of plans, with commas between them. Empty: every member.
console-door-template = The request
console-door-template-hint = It is JSON: name, auth, headers, and in “open” method, url and body.
console-door-add = Add the door
console-door-back = To your doors
console-door-bad-name = A door’s name has 1 to 64 characters.
console-door-bad-plans = Name at most 20 plans, each in 1 to 64 characters.
console-door-bad-secret = This lock wants a key or password: 1 to 4,096 visible characters, or user:password where the template says so.
console-door-too-many = There are as many doors as there may be. Remove one first.
