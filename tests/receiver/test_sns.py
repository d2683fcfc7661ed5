"""CloudWatch by SNS: every channel that a forger could try, and the two handshakes."""

import datetime as dt
import json

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from tests.receiver.senders import PAYLOADS, load_sender, refusal

ALARM = (PAYLOADS / "sns" / "valid" / "alarm.json").read_bytes()
SNS = load_sender("sns")


def confirmation(it, kind="SubscriptionConfirmation", **fields):
    given = {"Type": kind, "Subject": None, "Token": "2336412f37fb687f", "SubscribeURL": SNS.CONFIRM} | fields
    return it.post(*it.sender.seal(b"You have chosen to subscribe.", it.clock.now, **given))


# -- where the certificate comes from ---------------------------------------------------------------------------------


@pytest.mark.parametrize("url", [
    "http://sns.eu-west-1.amazonaws.com/x.pem",
    "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem",
    "https://evil.example/sns.eu-west-1.amazonaws.com/x.pem",
    "https://sns.eu-west-1.amazonaws.com@evil.example/x.pem",
    "https://evil.example#@sns.eu-west-1.amazonaws.com/x.pem",
    "https://evil.example\\@sns.eu-west-1.amazonaws.com/x.pem",
    "https://evil.example?.sns.eu-west-1.amazonaws.com/x.pem",
    "https://s3.eu-west-1.amazonaws.com/x.pem",
    "https://snsxeu-west-1.amazonaws.com/x.pem",
    "https://sns.eu.west.amazonaws.com/x.pem",
    "https://sns.eu-west-1.amazonaws.com:8443/x.pem",
    "https://sns.eu-west-1.amazonaws.com:x/x.pem",
    "https://sns.eu-west-1.amazonaws.com/x.exe",
    "https://sns.eu-west-1.amazonaws.com/?x=.pem",
    "https://sns.eu-west-1.amazonaws.com/x.pem\n",
    "https://sns.eu-west-1.amazonaws.com\t/x.pem",
    "https://sns.\u212au-west-1.amazonaws.com/x.pem",
    "https://[::1]/x.pem", "https:///x.pem", "file:///x.pem", "",
])  # fmt: skip
def test_a_certificate_from_anywhere_else_is_not_even_asked_for(receiver, url):
    it = receiver("sns")
    assert "SigningCertURL" in refusal(it.send(ALARM, SigningCertURL=url), 401)
    assert it.sender.asked == []


@pytest.mark.parametrize("url", [
    "https://sns.us-gov-west-1.amazonaws.com/x.pem",
    "https://sns.cn-north-1.amazonaws.com.cn/x.pem",
    "https://sns.eu-west-1.amazonaws.com:443/x.pem",
])  # fmt: skip
def test_every_region_of_amazon_is_known(receiver, url):
    it = receiver("sns")
    it.sender.network[url] = SNS.certificate(
        name="sns.cn-north-1.amazonaws.com.cn" if ".cn" in url else "sns.amazonaws.com"
    )
    assert it.send(ALARM, SigningCertURL=url).status_code == 202


# -- what the certificate says ----------------------------------------------------------------------------------------


def small_key():
    return SNS.key("small", 1024)


@pytest.mark.parametrize(("made", "why"), [
    (lambda: SNS.certificate(name="evil.example"), "not Amazon SNS's"),
    (lambda: SNS.certificate(name="sns.amazonaws.com.evil.example"), "not Amazon SNS's"),
    (lambda: SNS.certificate(days=0.5), "not valid at this time"),
    (lambda: SNS.certificate(start=SNS.FROM + dt.timedelta(days=30)), "not valid at this time"),
    (lambda: SNS.certificate(authority=True), "an authority's"),
    (lambda: SNS.certificate(signer=small_key()), "2048 bits"),
    (lambda: SNS.certificate(signer=ec.generate_private_key(ec.SECP256R1())), "not RSA"),
    (lambda: SNS.certificate(signer=SNS.key("another")), "signature is wrong"),
    (lambda: SNS.certificate() + SNS.certificate(name="not the issuer", signer=SNS.key("another")), "chain"),
    (lambda: b"not a certificate", "not a certificate"),
])  # fmt: skip
def test_an_unfit_certificate_is_refused(receiver, made, why):
    it = receiver("sns")
    it.sender.network[SNS.CERTIFICATE] = made()
    assert why in refusal(it.send(ALARM), 401)
    assert it.kept() == []


def test_a_certificate_with_its_chain_is_taken(receiver):
    it = receiver("sns")
    root = SNS.key("root")
    leaf = SNS.certificate(issuer=root, issuer_name="Root")
    it.sender.network[SNS.CERTIFICATE] = leaf + SNS.certificate(name="Root", signer=root, authority=True)
    assert len(x509.load_pem_x509_certificates(it.sender.network[SNS.CERTIFICATE])) == 2
    assert it.send(ALARM).status_code == 202


def test_the_certificate_is_asked_for_once_a_day(receiver):
    it = receiver("sns")
    for number in range(3):
        assert it.send(ALARM, message=str(number)).status_code == 202
    assert it.sender.asked == [SNS.CERTIFICATE]
    it.clock.pass_(hours=25)
    assert it.send(ALARM, message="4").status_code == 202
    assert len(it.sender.asked) == 2


def test_a_certificate_out_of_reach_makes_the_sender_come_again(receiver):
    it = receiver("sns")
    it.sender.network.clear()
    answer = it.send(ALARM)
    refusal(answer, 503)
    assert "retry-after" in answer.headers


# -- what is signed ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1", "2"])
def test_both_signature_versions_are_checked(receiver, version):
    it = receiver("sns")
    refusal(it.send(ALARM, SignatureVersion=version, right=False), 401)
    assert it.send(ALARM, SignatureVersion=version).status_code == 202


def test_a_version_2_signature_does_not_pass_as_version_1(receiver):
    it = receiver("sns")
    body, headers = it.sender.seal(ALARM, it.clock.now)
    refusal(it.post(json.dumps(json.loads(body) | {"SignatureVersion": "1"}).encode(), headers), 401)
    refusal(it.post(json.dumps(json.loads(body) | {"SignatureVersion": "3"}).encode(), headers), 422)


@pytest.mark.parametrize("field", ["Message", "MessageId", "Subject", "Timestamp", "Type"])
def test_no_signed_field_can_be_changed(receiver, field):
    it = receiver("sns")
    body, headers = it.sender.seal(ALARM, it.clock.now)
    other = {"Timestamp": "2026-01-02T03:12:01.000Z", "Type": "UnsubscribeConfirmation"}.get(field, "changed")
    refusal(it.post(json.dumps(json.loads(body) | {field: other}).encode(), headers), 401)
    assert it.kept() == []


def test_a_message_without_a_subject_is_signed_without_one(receiver):
    it = receiver("sns")
    assert it.send(ALARM, Subject=None).status_code == 202


def test_a_raw_delivery_is_refused_with_the_remedy(receiver):
    it = receiver("sns")
    answer = it.post(ALARM, {"x-amz-sns-rawdelivery": "true"})
    refusal(answer, 401)
    assert "raw message delivery" in answer.json()["remedy"]


def test_a_topic_that_is_not_listed_is_refused_before_anything_is_fetched(receiver):
    it = receiver("sns")
    refusal(it.send(ALARM, TopicArn="arn:aws:sns:eu-west-1:666666666666:alarms"), 403)
    assert it.sender.asked == []


@pytest.mark.parametrize("stamp", ["yesterday", "", "0001-01-01T00:00:00+14:00"])
def test_a_timestamp_that_is_no_time_is_refused(receiver, stamp):
    it = receiver("sns")
    refusal(it.send(ALARM, Timestamp=stamp), 422, 401)


# -- subscriptions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", [
    "https://evil.example/?Action=ConfirmSubscription&TopicArn=" + SNS.TOPIC,
    "http://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=" + SNS.TOPIC,
    "https://sns.eu-west-1.amazonaws.com/?Action=DeleteTopic&TopicArn=" + SNS.TOPIC,
    "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:eu-west-1:666666666666:x",
    None,
])  # fmt: skip
def test_a_subscription_is_confirmed_at_amazon_for_its_own_topic_only(receiver, url):
    it = receiver("sns")
    refusal(confirmation(it, SubscribeURL=url), 401)
    assert it.sender.asked == [SNS.CERTIFICATE]


def test_a_subscription_to_another_topic_is_not_confirmed(receiver):
    it = receiver("sns")
    refusal(confirmation(it, TopicArn="arn:aws:sns:eu-west-1:666666666666:alarms"), 403)
    assert it.sender.asked == []


def test_an_unsigned_subscription_is_not_confirmed(receiver):
    it = receiver("sns")
    refusal(confirmation(it, right=False), 401)
    assert SNS.CONFIRM not in it.sender.asked


def test_a_listed_topic_is_confirmed(receiver):
    it = receiver("sns")
    answer = confirmation(it)
    assert (answer.status_code, answer.json()["done"]) == (200, f"The subscription to {SNS.TOPIC} is confirmed.")
    assert it.sender.asked == [SNS.CERTIFICATE, SNS.CONFIRM]


def test_a_confirmation_that_cannot_be_sent_is_asked_for_again(receiver):
    it = receiver("sns")
    del it.sender.network[SNS.CONFIRM]
    refusal(confirmation(it), 503)


def test_the_end_of_a_subscription_is_noted_and_not_undone(receiver):
    it = receiver("sns")
    assert confirmation(it, "UnsubscribeConfirmation").status_code == 200
    assert it.sender.asked == [SNS.CERTIFICATE]


# -- what the alarm says ----------------------------------------------------------------------------------------------


def test_all_states_of_an_alarm_carry_one_fingerprint(receiver):
    it = receiver("sns")
    for name in ("alarm", "ok", "insufficient_data"):
        assert it.send((PAYLOADS / "sns" / "valid" / f"{name}.json").read_bytes(), message=name).status_code == 202
    assert len({alert["fingerprint"] for alert in it.kept()}) == 1


def test_alarms_of_other_accounts_and_regions_are_other_problems(receiver):
    it = receiver("sns")
    for number, change in enumerate(
        [{}, {"AWSAccountId": "2"}, {"AlarmArn": "arn:aws:cloudwatch:eu-west-2:1:alarm:a"}]
    ):
        assert it.send(json.dumps(json.loads(ALARM) | change).encode(), message=str(number)).status_code == 202
    assert len({alert["fingerprint"] for alert in it.kept()}) == 3
