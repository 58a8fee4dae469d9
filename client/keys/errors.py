"""What can go wrong with a USB key, each with the sentence that its holder reads.

UsbKeyError
├── NoModule          the PKCS#11 library is missing or does not load
├── KeyAbsent         no such token, or it was pulled out
├── PinWrong          .last_try when the token says that one more locks it
├── PinLocked         only the CA can unlock it
├── PinUnacceptable   too short or too long
└── KeyCannot         the token refuses this operation
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pkcs11 import exceptions as fault


class UsbKeyError(Exception):
    """Something about the key that its holder can understand; `zh` is the sentence for them."""

    zh = "USBKEY 操作失败"

    def __init__(self, detail: str = "", *, zh: str = "") -> None:
        super().__init__(detail or self.zh)
        self.zh = zh or self.zh


class NoModule(UsbKeyError):
    zh = "没有找到 USBKEY 驱动，请先安装数字证书助手"


class KeyAbsent(UsbKeyError):
    zh = "没有检测到 USBKEY，请插入后重试"


class PinWrong(UsbKeyError):
    """`last_try`: the token's own counter says that the next wrong PIN locks it."""

    zh = "数字证书密码错误，请重新输入"

    def __init__(self, *, last_try: bool = False) -> None:
        super().__init__("wrong PIN", zh="数字证书密码错误，再错一次将被锁定" if last_try else "")
        self.last_try = last_try


class PinLocked(UsbKeyError):
    zh = "数字证书密码已锁定，请持 USBKEY 到 CA 办事处解锁"


class PinUnacceptable(UsbKeyError):
    zh = "数字证书密码长度不符合要求"


class KeyCannot(UsbKeyError):
    zh = "该 USBKEY 不支持此操作"


@contextmanager
def translated() -> Iterator[None]:
    """PKCS#11 return codes as exceptions that a person understands."""
    try:
        yield
    except fault.PinIncorrect:
        raise PinWrong from None
    except (fault.PinLocked, fault.PinExpired):
        raise PinLocked from None
    except (fault.PinLenRange, fault.PinInvalid, fault.PinTooWeak):
        raise PinUnacceptable from None
    except (
        fault.NoSuchToken,
        fault.TokenNotPresent,
        fault.TokenNotRecognised,
        fault.DeviceRemoved,
        fault.SlotIDInvalid,
    ):
        raise KeyAbsent from None
    except fault.PKCS11Error as error:
        raise KeyCannot(f"the token refused: {type(error).__name__}") from error
