"""National numbers, phones and accounts by chance, each with its own check digits."""

from __future__ import annotations

import random
import string
from collections.abc import Callable

from stdnum import iban, luhn, verhoeff
from stdnum.br import cpf
from stdnum.es import dni
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.it import codicefiscale
from stdnum.pl import pesel
from stdnum.ro import cnp
from stdnum.se import personnummer
from stdnum.tr import tckimlik

_CHECKED: dict[str, tuple[Callable[[random.Random], str], Callable[[str], bool]]] = {}


def _digits(chance: random.Random, size: int) -> str:
    return "".join(chance.choices(string.digits, k=size))


def _born(chance: random.Random) -> tuple[str, str, str]:
    return f"{chance.randint(50, 99)}", f"{chance.randint(1, 12):02}", f"{chance.randint(1, 28):02}"


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
    return "".join(_born(chance)) + _digits(chance, 5)


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
}
