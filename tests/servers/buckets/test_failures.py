"""What a storage answers becomes a sentence that says what to do, and nothing of its text is shown."""

import pytest

from regulars.pipelines.servers.buckets.failures import BucketLost, BucketRefused, word_failure

ANSWER = "Generic S3 error: Error performing GET https://s3.example.com/b?sig=SECRET in 3ms - Server returned non-2xx "


def answer(status, code):
    return f"{ANSWER}status code: {status} Word: <Error><Code>{code}</Code><Message>ann@example.org</Message></Error>"


@pytest.mark.parametrize(
    ("text", "kind", "sentence"),
    [
        (answer(403, "AccessDenied"), BucketRefused, "s3://b refused access (403 AccessDenied)"),
        (answer(404, "NoSuchBucket"), BucketRefused, "there is no bucket s3://b (404 NoSuchBucket)"),
        (answer(404, "ContainerNotFound"), BucketRefused, "there is no bucket s3://b"),
        (answer(301, "PermanentRedirect"), BucketRefused, "s3://b is in another region (301 PermanentRedirect)"),
        (answer(400, "AuthorizationHeaderMalformed"), BucketRefused, "s3://b is in another region"),
        (answer(400, "InvalidArgument"), BucketRefused, "s3://b refused a request (400 InvalidArgument)"),
        (answer(503, "SlowDown"), BucketLost, "s3://b cannot answer now (503 SlowDown)"),
        (answer(429, "TooManyRequests"), BucketLost, "s3://b cannot answer now (429 TooManyRequests)"),
        ("HTTP error: error sending request", BucketLost, "s3://b did not answer"),
        ("Error performing PUT http://169.254.169.254/latest/api/token", BucketRefused, "nobody signs in to s3://b"),
        ("Generic MicrosoftAzure error: Invalid Access Key: Invalid symbol 32", BucketRefused, "is no key"),
        ("Unable to decode service account file: expected ident", BucketRefused, "the secret of s3://b is no key"),
    ],
)
def test_an_answer_is_worded_without_its_text(text, kind, sentence):
    failure = word_failure("s3://b", Exception(text))
    assert type(failure) is kind
    assert sentence in str(failure)
    assert not any(each in str(failure) for each in ("SECRET", "ann@example.org", "http"))
