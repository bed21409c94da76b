## Checking an e-mail address
email-title = Confirm your e‑mail address
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

## At the operator of a network: the link that an applicant's contact was mailed
apply-title = Confirm an application
apply-text = { $party } at { $host } applies for admission to { $network } and says that this link goes to its contact.
apply-meaning = If that is you, confirm it. Then your address stands in what the network says of the space, for members and authorities to write to.
apply-button = Confirm this address
apply-not-you = If it is not you, do nothing: without you nobody is admitted with your address.
apply-done-title = Your address is confirmed
apply-done-text = You can close this page. The space hears by itself what became of its application.
apply-gone-title = This link counts no more
apply-gone-text = It works once, for a day. If the address was confirmed, all is well; otherwise apply again.
apply-mail-subject = Confirm an application to { $network }
apply-mail-text =
    { $party } applies for admission to { $network } and named this address as that of its contact.

    If that is right, open this link and confirm it:

    { $link }

    If it is not, do nothing. The link counts for a day.
