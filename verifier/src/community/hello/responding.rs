//! What the wallet of whoever was greeted says: an answer, a block, or a report. It knows the hello's identifier, which nobody else has.

use jose::base64url;
use ledger::Leaf;
use network::hello::{HelloId, HelloResponse};
use network::mailbox::Reason;
use store::{Change, Fault, Reader, Record, StoreFault, Tx, View};

use super::records::{Answer, HelloBlock, HelloReport, SaidHello, TakenAnswer, Waiting};
use super::{are_members, carry, key_of_answer};
use crate::space::{Space, SpaceError};

/// Why nothing came of a response.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotTaken {
    /// There is no such hello: it was answered, blocked or is over, or one of the two is no member any more.
    #[error("there is no such hello any more")]
    Nothing,
    /// Our side failed.
    #[error(transparent)]
    Space(#[from] SpaceError),
}

impl From<StoreFault> for NotTaken {
    fn from(fault: StoreFault) -> Self {
        Self::Space(fault.into())
    }
}

impl Space {
    /// Takes what the wallet of whoever was greeted says. After an answer or a block no other answer
    /// is taken, and the same bytes change nothing; a block and a report are, as long as
    /// the hello is kept. The sender learns of an answer alone.
    ///
    /// # Errors
    /// [`NotTaken`].
    pub async fn respond_to_hello(&self, id: &HelloId, response: &HelloResponse) -> Result<(), NotTaken> {
        let hash = id.hash();
        let (doing, code) = match response {
            HelloResponse::Answer(envelope) => {
                let answer = Answer { id: id.clone(), envelope: envelope.clone() };
                let key = key_of_answer(self.identity.did.as_str(), &hash);
                let taken = TakenAnswer::of(&hash, envelope, self.environment().now());
                // Looked at before a key is made: whoever invents identifiers, or comes too late, makes none.
                match self.tenant.read(&Stands { hello: &hash, answer: &taken }).await? {
                    Answering::Open => {}
                    Answering::Taken => return Ok(()),
                    Answering::Nothing => return Err(NotTaken::Nothing),
                }
                let waits = Waiting::answer(&self.keyring, &key, &answer, self.environment().now())?;
                (Doing::Answer { waits, taken }, "answered")
            }
            HelloResponse::Block => (Doing::Block, "blocked"),
            HelloResponse::Report(reason) => {
                let id = base64url::encode(self.environment().randomness().bytes::<16>());
                (Doing::Report { id, reason: *reason }, "reported")
            }
        };
        match self.tenant.commit(&Respond { id: &hash, doing, leaf: self.hello_leaf(code) }).await {
            Ok(()) => Ok(()),
            Err(Fault::Refused(Gone)) => Err(NotTaken::Nothing),
            Err(Fault::Store(fault)) => Err(fault.into()),
        }
    }
}

/// How an answer stands to its hello.
enum Answering {
    /// It can be answered.
    Open,
    /// These very bytes were taken already.
    Taken,
    /// There is nothing to answer.
    Nothing,
}

async fn answering(reader: &mut Reader, hello: &str, answer: &TakenAnswer) -> Result<Answering, StoreFault> {
    let taken = reader.get::<TakenAnswer>(hello).await?;
    if taken.is_some_and(|taken| taken.answer == answer.answer) {
        return Ok(Answering::Taken);
    }
    Ok(if open_hello(reader, hello).await?.is_some() { Answering::Open } else { Answering::Nothing })
}

/// The same, in a reading of its own.
struct Stands<'a> {
    hello: &'a str,
    answer: &'a TakenAnswer,
}

impl View for Stands<'_> {
    const NAME: &'static str = "answer-to-hello";
    type Output = Answering;

    async fn read(&self, reader: &mut Reader) -> Result<Answering, StoreFault> {
        answering(reader, self.hello, self.answer).await
    }
}

/// A hello that has arrived and is kept, and of two who are members.
async fn arrived_hello(reader: &mut Reader, id: &str) -> Result<Option<SaidHello>, StoreFault> {
    let Some(said) = reader.get::<SaidHello>(id).await? else { return Ok(None) };
    let has_arrived = said.waits.as_ref().is_none_or(|waits| waits.is_answer);
    let is_kept = has_arrived && reader.now().seconds() < said.until;
    Ok(if is_kept && are_members(reader, &said).await? { Some(said) } else { None })
}

/// The same, if nobody has answered or blocked it.
async fn open_hello(reader: &mut Reader, id: &str) -> Result<Option<SaidHello>, StoreFault> {
    Ok(arrived_hello(reader, id).await?.filter(|said| !said.is_closed))
}

enum Doing {
    Answer { waits: Waiting, taken: TakenAnswer },
    Block,
    Report { id: String, reason: Reason },
}

#[derive(Debug)]
struct Gone;

struct Respond<'a> {
    id: &'a str,
    doing: Doing,
    leaf: Leaf,
}

impl Change for Respond<'_> {
    const NAME: &'static str = "respond-to-hello";
    type Output = ();
    type Refusal = Gone;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Gone>> {
        if let Doing::Answer { taken, .. } = &self.doing
            && let Answering::Taken = answering(tx, self.id, taken).await?
        {
            return Ok(());
        }
        let found = match &self.doing {
            Doing::Answer { .. } => open_hello(tx, self.id).await?,
            Doing::Block | Doing::Report { .. } => arrived_hello(tx, self.id).await?,
        };
        let said = found.ok_or(Fault::Refused(Gone))?;
        match &self.doing {
            Doing::Answer { waits, taken } => {
                tx.put(taken).await?;
                tx.put(&SaidHello { is_closed: true, waits: Some(waits.clone()), ..said }).await?;
                carry(tx, self.id, "answer").await?;
            }
            Doing::Block => {
                let block = HelloBlock { by: said.to.clone(), of: said.from.clone() };
                if tx.get::<HelloBlock>(block.key()).await?.is_some() {
                    return Ok(());
                }
                tx.put(&block).await?;
                tx.put(&SaidHello { is_closed: true, ..said }).await?;
            }
            Doing::Report { id, reason } => {
                if said.is_reported {
                    return Ok(());
                }
                let (id, about, at) = (id.clone(), said.from.clone(), tx.now().seconds());
                tx.put(&HelloReport { id, about, reason: *reason, at }).await?;
                tx.put(&SaidHello { is_reported: true, ..said }).await?;
            }
        }
        Ok(tx.log(self.leaf.clone()).await?)
    }
}
