#include "engine/study/study_private.h"

#include <stdlib.h>

bool text_stream_open(struct text_stream *stream)
{
    *stream = (struct text_stream){ 0 };
    stream->file = open_memstream(&stream->text, &stream->size);
    return stream->file != NULL;
}

void text_stream_close(struct text_stream *stream)
{
    if (stream->file)
        (void)fclose(stream->file);
    free(stream->text);
    *stream = (struct text_stream){ 0 };
}

void text_stream_begin(struct text_stream *stream)
{
    rewind(stream->file);
    json_writer_init(&stream->json, stream->file, 0);
}

bool text_stream_end(struct text_stream *stream)
{
    return json_writer_finish(&stream->json);
}
