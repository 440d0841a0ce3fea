use thiserror::Error;

/// Why a token is not accepted: for the log, and without a word of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Refusal {
    #[error("it is longer than any token may be")]
    TooLong,
    #[error("its header is not that of a signed token")]
    Header,
    #[error("it brings a key or the address of one")]
    BringsKey,
    #[error("it names an extension that has to be understood")]
    Critical,
    #[error("its claims lack one that is needed, or have one of another form")]
    Claims,
    #[error("no issuer of the configuration has this `iss` and an `aud` of the token")]
    Foreign,
    #[error("its algorithm is not allowed for the issuer")]
    Algorithm,
    #[error("its `typ` is another one")]
    Type,
    #[error("it is an ID token")]
    IdToken,
    #[error("it has expired")]
    Expired,
    #[error("it is not valid yet")]
    Early,
    #[error("its `sub` is empty, too long or holds control characters")]
    Subject,
    #[error("no single key of the issuer fits it")]
    Key,
    #[error("its signature is not by that key")]
    Signature,
}
