"""Numbers of people by their check digits: cards, accounts, national ids, phones.

The libraries know the rules of each country. They take a tenth of a second to import, so `people` imports this module
when a number first looks like one of these.
"""

from __future__ import annotations

import phonenumbers
from stdnum import iban, luhn, verhoeff
from stdnum.be import nn as belgian
from stdnum.br import cpf
from stdnum.ch import ssn as swiss
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.it import codicefiscale
from stdnum.mx import curp
from stdnum.pl import pesel
from stdnum.ro import cnp
from stdnum.se import personnummer
from stdnum.tr import tckimlik
from stdnum.us import ssn

_REGIONS = ("GB", "DE", "FR", "RO", "IT", "ES", "NL", "AT", "CH", "PL", "BE", "SE", "AU", "IN", "JP", "BR", "ZA", "TR")


def is_card(digits: str) -> bool:
    """A payment card by its check digit; a row of one digit is none."""
    return luhn.is_valid(digits) and len(set(digits)) > 1


def is_account(text: str) -> bool:
    """An IBAN, by its country's length and form and its check digits."""
    return iban.is_valid(text)


def is_national(text: str) -> bool:
    """A number that some country gives to a person and that shows so by itself."""
    return any(
        country.is_valid(text)
        for country in (
            cpf,
            cnp,
            ssn,
            swiss,
            dni,
            nie,
            hetu,
            nir,
            nhs,
            codicefiscale,
            curp,
            personnummer,
            belgian,
            pesel,
            tckimlik,
        )
    )


def is_aadhaar(digits: str) -> bool:
    """India's: twelve digits, the last by Verhoeff."""
    return digits[:1] not in "01" and verhoeff.is_valid(digits)


def is_phone(text: str) -> bool:
    """A number that somebody can be called at: with a country, or in the way of one of the larger ones."""
    regions = (None,) if text.startswith("+") else ("US", *_REGIONS)
    for region in regions:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number) if region else phonenumbers.is_possible_number(number):
            return True
    return False
