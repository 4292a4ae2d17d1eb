"""Says in a sentence what a bucket answered, without a secret and without the answer's text.

Put here: the two kinds of failures, and which of them an error of the library is. Keep out: requests (`bucket.py`).
"""

import re


class BucketLost(Exception):
    """The storage did not answer, or answered that it cannot now: it may work at the next attempt."""


class BucketRefused(Exception):
    """The storage refused; the text says what and what to do."""


_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>([A-Za-z0-9]{1,60})</Code>")
_NO_SECRET = ("169.254.169.254", "metadata.google.internal", "metadata/identity")
_NO_KEY = ("Invalid Access Key", "Unable to decode", "Error reading pem")
_AGAIN = {"408", "429"}
_WRONG_PLACE = ("PermanentRedirect", "AuthorizationHeaderMalformed", "TemporaryRedirect")
_NO_BUCKET = ("NoSuchBucket", "ContainerNotFound")


def word_failure(place: str, error: Exception) -> BucketLost | BucketRefused:
    """The failure that an error of the library is, in our words.

    Args:
        place: The bucket, such as `s3://exports`.
        error: What the library raised; its text holds addresses and answers, of which only the codes are shown.
    """
    text = str(error)
    status, code = _find(_STATUS, text), _find(_CODE, text)
    answer = " ".join(each for each in (status, code) if each)
    if any(each in text for each in _NO_SECRET):
        return BucketRefused(
            f"nobody signs in to {place}: name the variables of a key in the settings (`secret_variable`), give the "
            "machine a role that may open it, or set `public: true`"
        )
    if any(each in text for each in _NO_KEY):
        return BucketRefused(f"the secret of {place} is no key: correct the variable that `secret_variable` names")
    if code in _WRONG_PLACE or (status is not None and status.startswith("3")):
        return BucketRefused(f"{place} is in another region ({answer}): correct `region` or `endpoint`")
    if status in ("401", "403"):
        return BucketRefused(
            f"{place} refused access ({answer}): see that the key is right, is still valid, and may do this there"
        )
    if code in _NO_BUCKET or status == "404":
        return BucketRefused(f"there is no bucket {place} ({answer}): correct its address, or make it")
    if status is None or status.startswith("5") or status in _AGAIN:
        return BucketLost(f"{place} did not answer" if status is None else f"{place} cannot answer now ({answer})")
    return BucketRefused(f"{place} refused a request ({answer or type(error).__name__}): see that its address is right")


def _find(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return found[1] if found else None
