"""Errors that say that there is too little memory, whichever library they come from."""

import sys

# On the CPU torch has no class of its own for it, nor for what CUDA's libraries take for themselves.
_SIGNS = (
    "can't allocate memory",
    "CUDA error: out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
)
_OPENCVS_CODE = -4


def is_out_of_memory(error: BaseException) -> bool:
    """Whether it is one: Python's or NumPy's, torch's, of CUDA's libraries, OpenCV's."""
    if isinstance(error, MemoryError):
        return True
    torch = sys.modules.get("torch")  # not imported here: before it has been, none can be torch's
    if torch and isinstance(error, RuntimeError):
        return isinstance(error, torch.OutOfMemoryError) or any(sign in str(error) for sign in _SIGNS)
    return type(error).__module__ == "cv2" and getattr(error, "code", None) == _OPENCVS_CODE


def says_what_to_do(error: BaseException) -> bool:
    """Whether it is one that the lab itself raised, in words for people."""
    return type(error) is MemoryError and bool(str(error))


def in_words(error: BaseException) -> str:
    """One that is out of memory, for people."""
    if says_what_to_do(error):
        return str(error)
    return (
        f"found too little memory ({first_line(error)}), expected more. End other programs that hold some, or give "
        "smaller pictures."
    )


def first_line(error: BaseException) -> str:
    """What a library said, without the advice that it gives to programmers."""
    return (str(error).strip() or "no room").splitlines()[0]
