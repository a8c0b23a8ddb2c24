package importer

import (
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/collectors/lines"
)

// TestHandlesAreRefused, as a subject and as the name of a target, each alone.
func TestHandlesAreRefused(t *testing.T) {
	t.Parallel()
	for line, column := range map[string]string{
		"tag/weibo//a,@alice":  "subject",
		"tag/weibo//a,＠alice":  "subject",
		"tag/weibo//a,DID:x:y": "subject",
		"tag/weibo//@alice,a":  "target.name",
		"tag/weibo//a,a":       "",
	} {
		file := write(t, "f.csv", "at,source,target,subject,metric,value\n2025-01-14 00:00:00.000,x,"+line+",views,2\n")
		_, err := prepare(t, file, mapping(t, "tidemark"))
		if bad, is := AsBadLine(err); is != (column != "") || bad.Column != column {
			t.Errorf("%s: %v", line, err)
		}
	}
	for _, column := range []string{"creator", "Blogger_ID", "channel", "author_id", "influencer", "作者", "昵称", "博主", "用户"} {
		if !namesPerson(column) {
			t.Errorf("%s names nobody", column)
		}
	}
}

func TestLongParquetTextsAreRefused(t *testing.T) {
	t.Parallel()
	b := parquetFile(t, []viewRow{{time.Unix(1736755200, 0), "a", nil, strings.Repeat(" ", lines.MaxLine+1), nil}})
	_, err := prepare(t, write(t, "f.parquet", string(b)), mapping(t, "rednote-topics"))
	if err == nil || !strings.Contains(err.Error(), "a text of more than") {
		t.Errorf("error is %v", err)
	}
}

// TestFieldsOfNullAreNull: an object that is null says that nobody counted.
func TestFieldsOfNullAreNull(t *testing.T) {
	t.Parallel()
	fields := map[string]cell{"stats": {}, "other": {odd: "an object"}}
	if !underNull(fields, "stats.views") || underNull(fields, "other.views") || underNull(fields, "none.views") {
		t.Error("only what lies in null is null")
	}
}
