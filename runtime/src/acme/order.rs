//! An order, from asking for a certificate to having it (RFC 8555, 7.3 to 7.5).

use std::net::IpAddr;
use std::time::{Duration, Instant};

use data_encoding::BASE64URL_NOPAD;
use rcgen::{
    CertificateParams, DistinguishedName, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384,
    PKCS_RSA_SHA256, RsaKeySize,
};
use serde_json::{Value, json};

use super::answer::Answer;
use super::fault::{Fault, cleaned};
use super::plan::Wanted;
use super::session::Session;
use crate::site::KeyType;

/// How long an authority may take for one step.
const PATIENCE: Duration = Duration::from_secs(180);
/// The first rest between two looks, and the longest where the authority says nothing of it.
const RESTS: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// A certificate, with what leads to its authority, and its key, in PEM.
pub(super) struct Issued {
    pub(super) chain: String,
    pub(super) key: String,
}

impl Session<'_> {
    /// Finds the account of the key, or makes it.
    pub(super) fn open_account(&mut self) -> Result<(), Fault> {
        let authority = self.authority;
        if let Some(terms) = self.directory.terms.as_ref().filter(|_| !authority.accepts_terms) {
            return Err(Fault::from(format!(
                "its terms are to be accepted: read {terms}, and add `accept_terms_of_service;` to \
                 the `acme_issuer`"
            )));
        }
        let mut payload = json!({"contact": authority.contacts});
        if self.directory.terms.is_some() || authority.accepts_terms {
            payload["termsOfServiceAgreed"] = true.into();
        }
        match &authority.external {
            Some((id, key)) => {
                let tied = self.key.tie(&self.directory.new_account, id, key)?;
                payload["externalAccountBinding"] = tied;
            }
            None if self.directory.wants_external => {
                return Err(Fault::from(
                    "it takes those alone whom it knows: add `external_account_key ID FILE;` to the \
                     `acme_issuer`, with what it has given you"
                        .to_owned(),
                ));
            }
            None => {}
        }
        let key = authority.account_key.display();
        let hint = |fault: Fault| match &fault.kind[..] {
            "unauthorized" | "accountDoesNotExist" | "badPublicKey" => Fault {
                text: format!(
                    "{}: it does not take the account of the key `{key}`; without that file, a new \
                     account is made",
                    fault.text
                ),
                ..fault
            },
            _ => fault.while_doing("the account"),
        };
        let url = self.directory.new_account.clone();
        let reply = self.post(&url, Some(&payload)).map_err(hint)?;
        let account = reply.json()?;
        if let Some(status) = account["status"].as_str().filter(|status| *status != "valid") {
            let status = cleaned(status);
            return Err(Fault::from(format!(
                "the account of the key `{key}` is {status}; without that file, a new one is made"
            )));
        }
        let url = reply.location.ok_or_else(|| missing("Location"))?;
        self.account = Some(url.clone());
        let contacts = json!(authority.contacts);
        if reply.status == 200 && account.get("contact").is_some_and(|known| *known != contacts) {
            self.post(&url, Some(&json!({"contact": contacts})))
                .map_err(|fault| fault.while_doing("the account's contacts"))?;
        }
        Ok(())
    }

    /// Has a certificate issued. `replaces` is what is called so where it is asked about renewing.
    pub(super) fn fetch(
        &mut self,
        wanted: &Wanted,
        replaces: Option<&str>,
        owner: Option<(u32, u32)>,
    ) -> Result<Issued, Fault> {
        let (url, order) = self.order(wanted, replaces)?;
        let authorizations = order["authorizations"].as_array().cloned().unwrap_or_default();
        for authorization in &authorizations {
            let at = authorization.as_str().ok_or_else(|| missing("authorizations"))?;
            self.authorize(at, wanted, owner)?;
        }
        let order = self.wait_for(&url, "the order", &["pending", "processing"])?;
        let (request, key) = signing_request(wanted)
            .map_err(|error| Fault::from(format!("cannot make the key: {error}")))?;
        if order["status"] == "ready" {
            let finalize = order["finalize"].as_str().ok_or_else(|| missing("finalize"))?;
            self.post(finalize, Some(&json!({"csr": request})))
                .map_err(|fault| fault.while_doing("the request for the certificate"))?;
        }
        let order = self.wait_for(&url, "the order", &["ready", "processing"])?;
        let at = order["certificate"].as_str().ok_or_else(|| missing("certificate"))?;
        let chain = self.post(at, None).map_err(|it| it.while_doing("the certificate"))?.body;
        let chain = String::from_utf8(chain)
            .map_err(|_| Fault::from("the certificate is not in PEM".to_owned()))?;
        Ok(Issued { chain, key })
    }

    /// Makes an order. Returns its URL, and what it is.
    fn order(&mut self, wanted: &Wanted, replaces: Option<&str>) -> Result<(String, Value), Fault> {
        let identifier = |name: &String| match name.parse::<IpAddr>() {
            Ok(_) => json!({"type": "ip", "value": name}),
            Err(_) => json!({"type": "dns", "value": name}),
        };
        let identifiers: Vec<_> = wanted.names.iter().map(identifier).collect();
        let mut payload = json!({"identifiers": identifiers});
        if let Some(profile) = self.authority.profile {
            payload["profile"] = profile.into();
        }
        if let Some(id) = replaces.filter(|_| self.directory.renewal_info.is_some()) {
            payload["replaces"] = id.into();
        }
        let url = self.directory.new_order.clone();
        let mut ordered = self.post(&url, Some(&payload));
        // It may have been replaced by somebody else, or be another authority's.
        let is_refused = |fault: &Fault| !fault.is_limit() && fault.kind != "rejectedIdentifier";
        if payload.get("replaces").is_some() && ordered.as_ref().is_err_and(is_refused) {
            payload.as_object_mut().map(|payload| payload.remove("replaces"));
            ordered = self.post(&url, Some(&payload));
        }
        let reply = ordered.map_err(|fault| fault.while_doing("the order"))?;
        let url = reply.location.clone().ok_or_else(|| missing("Location"))?;
        Ok((url, reply.json()?))
    }

    /// Shows that a name is the site's.
    fn authorize(
        &mut self,
        url: &str,
        wanted: &Wanted,
        owner: Option<(u32, u32)>,
    ) -> Result<(), Fault> {
        let found = self.post(url, None)?.json()?;
        let value = &found["identifier"]["value"];
        let is_it = |name: &&String| value.as_str().is_some_and(|it| it.eq_ignore_ascii_case(name));
        let name = wanted.names.iter().find(is_it).ok_or_else(|| missing("identifier"))?;
        match found["status"].as_str() {
            Some("valid") => return Ok(()),
            Some("pending") => {}
            _ => return Err(refused(name, &found)),
        }
        let challenge = self.authority.challenge;
        let offered = found["challenges"].as_array().cloned().unwrap_or_default();
        let Some(chosen) = offered.iter().find(|it| it["type"] == challenge.name()) else {
            let types = offered.iter().filter_map(|it| it["type"].as_str());
            let types = types.map(cleaned).collect::<Vec<_>>().join(", ");
            let text = format!("`{name}`: {} is not offered, but {types}", challenge.name());
            return Err(Fault::from(text));
        };
        let (Some(at), Some(token)) = (chosen["url"].as_str(), chosen["token"].as_str()) else {
            return Err(missing("challenges"));
        };
        let text = self.key.authorization(token);
        let place = (challenge, &*self.authority.state);
        // It is there for as long as the authority may look.
        let _answer = Answer::put((wanted, name), place, (token, &text), owner)?;
        self.post(at, Some(&json!({}))).map_err(|fault| fault.while_doing(name))?;
        let found = self.wait_for(url, name, &["pending", "processing"])?;
        match found["status"].as_str() {
            Some("valid") => Ok(()),
            _ => Err(refused(name, &found)),
        }
    }

    /// Looks until the status is none of these any more.
    fn wait_for(&mut self, url: &str, what: &str, passing: &[&str]) -> Result<Value, Fault> {
        let begun = Instant::now();
        let mut rest = RESTS.0;
        loop {
            let reply = self.post(url, None)?;
            let found = reply.json()?;
            let status = found["status"].as_str().unwrap_or_default();
            if status == "invalid" && found.get("error").is_some() {
                return Err(Fault::of_problem(&found["error"]).while_doing(what));
            }
            if !passing.contains(&status) {
                return Ok(found);
            }
            let wanted = reply.rest.unwrap_or_default().max(rest);
            if begun.elapsed() + wanted > PATIENCE {
                let text = format!("{what}: the authority takes too long, and is at `{status}`");
                return Err(Fault { rest: reply.rest, ..Fault::from(text) });
            }
            std::thread::sleep(wanted);
            rest = (rest * 2).min(RESTS.1);
        }
    }
}

/// Why an authority does not believe that a name is the site's.
fn refused(name: &str, authorization: &Value) -> Fault {
    let challenges = authorization["challenges"].as_array().into_iter().flatten();
    let failed = challenges.filter(|it| it.get("error").is_some());
    let told: Vec<_> = failed
        .map(|it| {
            let kind = cleaned(it["type"].as_str().unwrap_or("the challenge"));
            format!("{kind} has failed: {}", Fault::of_problem(&it["error"]).text)
        })
        .collect();
    let status = cleaned(authorization["status"].as_str().unwrap_or("not there"));
    match told.is_empty() {
        true => Fault::from(format!("`{name}`: the authorization is {status}")),
        false => Fault::from(format!("`{name}`: {}", told.join("; "))),
    }
}

fn missing(what: &str) -> Fault {
    Fault::from(format!("the authority's answer has no `{what}`"))
}

/// A request to sign a certificate, as ACME writes it, and the key.
fn signing_request(wanted: &Wanted) -> Result<(String, String), rcgen::Error> {
    let key = match wanted.key_type {
        KeyType::EcdsaP256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
        KeyType::EcdsaP384 => KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384),
        KeyType::Rsa2048 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048),
        KeyType::Rsa3072 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_3072),
        KeyType::Rsa4096 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_4096),
    }?;
    let mut params = CertificateParams::new(wanted.names.clone())?;
    params.distinguished_name = DistinguishedName::new();
    let request = params.serialize_request(&key)?;
    Ok((BASE64URL_NOPAD.encode(request.der()), key.serialize_pem()))
}
