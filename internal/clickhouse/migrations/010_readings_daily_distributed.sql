{{.Distributed "readings_daily" "cityHash64(target)"}}
