/* certificate: what is read is what would be written, byte for byte; what is refused has a place and a reason. */
#include "require.h"
#include "source/certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA(a);
    STRBUF(again, CERTIFICATE_MAX);
    struct slice text = {(const char *)data, size};
    struct certificate c;
    enum certificate_fault fault;
    struct pawl_error e = {0};
    if (certificate_parse(&a, text, SLICE("x"), &c, &fault, &e) == PAWL_OK) {
        REQUIRE(fault == CERTIFICATE_SOUND);
        REQUIRE(certificate_write(&c, &again, &e) == PAWL_OK);
        REQUIRE(slice_eq(strbuf_slice(&again), text));
    } else {
        REQUIRE(fault != CERTIFICATE_SOUND);
        REQUIRE(e.line > 0 && e.message[0] && e.hint[0]);
    }
    return 0;
}
