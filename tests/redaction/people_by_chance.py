"""National numbers, phones and accounts by chance, each with its own check digits."""

from __future__ import annotations

import random
import string
from collections.abc import Callable

from stdnum import iban, imei, luhn, verhoeff
from stdnum.ar import cuit
from stdnum.be import nn
from stdnum.bg import egn
from stdnum.br import cpf
from stdnum.ch import ssn
from stdnum.cl import rut
from stdnum.cn import ric
from stdnum.cz import rc
from stdnum.dk import cpr
from stdnum.ee import ik
from stdnum.es import dni
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gr import amka
from stdnum.hr import oib
from stdnum.il import idnr as il_id
from stdnum.is_ import kennitala
from stdnum.it import codicefiscale
from stdnum.kr import rrn
from stdnum.nl import bsn
from stdnum.no import fodselsnummer
from stdnum.pl import pesel
from stdnum.pt import nif
from stdnum.ro import cnp
from stdnum.se import personnummer
from stdnum.si import emso
from stdnum.tr import tckimlik
from stdnum.za import idnr

_CHECKED: dict[str, tuple[Callable[[random.Random], str], Callable[[str], bool]]] = {}


def _digits(chance: random.Random, size: int) -> str:
    return "".join(chance.choices(string.digits, k=size))


def _born(chance: random.Random) -> tuple[str, str, str]:
    return f"{chance.randint(50, 99)}", f"{chance.randint(1, 12):02}", f"{chance.randint(1, 28):02}"


def _day(chance: random.Random, sign: str = "") -> str:
    return sign.join(_born(chance))


def _day_first(chance: random.Random, century: str = "") -> str:
    year, month, day = _born(chance)
    return f"{day}{month}{century}{year}"


def _until(make: Callable[[random.Random], str], valid: Callable[[str], bool]) -> Callable[[random.Random], str]:
    def made(chance: random.Random) -> str:
        while not valid(one := make(chance)):
            pass
        return one

    return made


def _cnp(chance: random.Random) -> str:
    year, month, day = _born(chance)
    return f"{chance.choice('12')}{year}{month}{day}{chance.randint(1, 46):02}{chance.randint(1, 999):03}{_digits(chance, 1)}"


def _pesel(chance: random.Random) -> str:
    return _day(chance) + _digits(chance, 5)


def _nir(chance: random.Random) -> str:
    year, month, _ = _born(chance)
    body = f"{chance.choice('12')}{year}{month}{chance.randint(10, 95)}{chance.randint(1, 300):03}{chance.randint(1, 300):03}"
    return body + f"{97 - int(body) % 97:02}"


def _nhs(chance: random.Random) -> str:
    while True:
        body = "9" + _digits(chance, 8)
        check = (11 - sum(int(d) * (10 - at) for at, d in enumerate(body)) % 11) % 11
        if check != 10:
            return f"{body[:3]} {body[3:6]} {body[6:]}{check}"


def _cf(chance: random.Random) -> str:
    body = f"RSSMRA{chance.randint(50, 99)}{chance.choice('ABCDEHLMPRST')}{chance.randint(1, 28):02}H{chance.randint(100, 999)}"
    return body + codicefiscale.calc_check_digit(body)


def _dni(chance: random.Random) -> str:
    body = _digits(chance, 8)
    return body + dni.calc_check_digit(body)


def _cpf(chance: random.Random) -> str:
    body = _digits(chance, 9)
    full = next(body + f"{n:02}" for n in range(100) if cpf.is_valid(body + f"{n:02}"))
    return f"{full[:3]}.{full[3:6]}.{full[6:9]}-{full[9:]}"


def _aadhaar(chance: random.Random) -> str:
    body = str(chance.randint(2, 9)) + _digits(chance, 10)
    full = body + verhoeff.calc_check_digit(body)
    return f"{full[:4]} {full[4:8]} {full[8:]}"


def _hetu(chance: random.Random) -> str:
    year, month, day = _born(chance)
    return f"{day}{month}{year}-{chance.randint(2, 899):03}{chance.choice('0123456789ABCDEFHJKLMNPRSTUVWXY')}"


def _personnummer(chance: random.Random) -> str:
    year, month, day = _born(chance)
    body = f"{year}{month}{day}{_digits(chance, 3)}"
    return f"{body[:6]}-{body[6:]}{luhn.calc_check_digit(body)}"


def _account(land: str, make: Callable[[random.Random], str]) -> Callable[[random.Random], str]:
    def made(chance: random.Random) -> str:
        body = make(chance)
        return f"{land}{iban.calc_check_digits(land + '00' + body)}{body}"

    return made


def _amex(chance: random.Random) -> str:
    body = "37" + _digits(chance, 12)
    full = body + luhn.calc_check_digit(body)
    return f"{full[:4]}-{full[4:10]}-{full[10:]}"


def _master(chance: random.Random) -> str:
    body = "5" + str(chance.randint(1, 5)) + _digits(chance, 13)
    return body + luhn.calc_check_digit(body)


def _valid_vin(number: str) -> bool:
    values = {
        sign: int(digit)
        for sign, digit in zip(
            "ABCDEFGHJKLMNPRSTUVWXYZ0123456789", "12345678123457923456789" + "0123456789", strict=True
        )
    }
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    return (
        "0123456789X"[sum(values[sign] * weight for sign, weight in zip(number, weights, strict=True)) % 11]
        == number[8]
    )


PEOPLE: dict[str, Callable[[random.Random], str]] = {
    "cnp": _until(_cnp, cnp.is_valid),
    "pesel": _until(_pesel, pesel.is_valid),
    "nir": _until(_nir, nir.is_valid),
    "nhs": _nhs,
    "cf": _cf,
    "dni": _dni,
    "cpf": _cpf,
    "aadhaar": _aadhaar,
    "hetu": _until(_hetu, hetu.is_valid),
    "personnummer": _until(_personnummer, personnummer.is_valid),
    "tckn": _until(lambda chance: str(chance.randint(1, 9)) + _digits(chance, 10), tckimlik.is_valid),
    "nino": lambda chance: f"QQ{_digits(chance, 2)}{_digits(chance, 2)}{_digits(chance, 2)}C".replace("QQ", "AB"),
    "ssn": lambda chance: f"{chance.randint(101, 665)}-{chance.randint(10, 99)}-{chance.randint(1000, 9999)}",
    "ibangb": _account("GB", lambda chance: "WEST" + _digits(chance, 14)),
    "ibanfr": _account("FR", lambda chance: _digits(chance, 23)),
    "ibannl": _account("NL", lambda chance: "ABNA" + _digits(chance, 10)),
    "ibanro": _account("RO", lambda chance: "BTRL" + _digits(chance, 16)),
    "amex": _amex,
    "master": _master,
    "rc": _until(lambda chance: _day(chance) + "/" + _digits(chance, 4), rc.is_valid),
    "bsn": _until(lambda chance: _digits(chance, 9), bsn.is_valid),
    "benn": _until(lambda chance: _day(chance, ".") + "-" + f"{_digits(chance, 3)}.{_digits(chance, 2)}", nn.is_valid),
    "egn": _until(lambda chance: _day(chance) + _digits(chance, 4), egn.is_valid),
    "oib": _until(lambda chance: _digits(chance, 11), oib.is_valid),
    "ik": _until(lambda chance: chance.choice("34") + _day(chance) + _digits(chance, 4), ik.is_valid),
    "amka": _until(lambda chance: _day_first(chance) + _digits(chance, 5), amka.is_valid),
    "fodsel": _until(lambda chance: _day_first(chance) + f" {_digits(chance, 5)}", fodselsnummer.is_valid),
    "cprdk": _until(lambda chance: _day_first(chance) + f"-{_digits(chance, 4)}", cpr.is_valid),
    "kenni": _until(lambda chance: _day_first(chance) + f"-{_digits(chance, 3)}9", kennitala.is_valid),
    "rut": _until(
        lambda chance: f"{chance.randint(10, 25)}.{_digits(chance, 3)}.{_digits(chance, 3)}-{_digits(chance, 1)}",
        rut.is_valid,
    ),
    "cuit": _until(
        lambda chance: f"{chance.choice((20, 27))}-{_digits(chance, 8)}-{_digits(chance, 1)}", cuit.is_valid
    ),
    "zaid": _until(lambda chance: _day(chance) + f"{_digits(chance, 4)}08{_digits(chance, 1)}", idnr.is_valid),
    "rrn": _until(lambda chance: _day(chance) + f"-{chance.choice('12')}{_digits(chance, 6)}", rrn.is_valid),
    "ric": _until(lambda chance: "11010119" + _day(chance) + _digits(chance, 4), ric.is_valid),
    "ahv": _until(lambda chance: f"756.{_digits(chance, 4)}.{_digits(chance, 4)}.{_digits(chance, 2)}", ssn.is_valid),
    "emso": _until(lambda chance: _day_first(chance, "9") + f"50{_digits(chance, 4)}", emso.is_valid),
    "ilid": _until(lambda chance: _digits(chance, 9), il_id.is_valid),
    "nifpt": _until(lambda chance: f"2{_digits(chance, 8)}", nif.is_valid),
    "imei": _until(lambda chance: f"35{_digits(chance, 13)}", imei.is_valid),
    "vin": _until(
        lambda chance: "WVW" + "".join(chance.choices("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", k=14)), _valid_vin
    ),
}
