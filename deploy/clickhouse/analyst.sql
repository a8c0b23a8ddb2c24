-- The read-only logins of docs/sql-login.md, for a ClickHouse server whose users
-- are kept in SQL. Run it once as an administrator; replace the two sums by those
-- of your passwords:  printf %s 'password' | sha256sum
-- With a cluster, put ON CLUSTER behind each name. It can be run again.

CREATE SETTINGS PROFILE OR REPLACE tidemark_analyst SETTINGS
    readonly = 1 CONST,
    allow_ddl = 0 CONST,
    allow_introspection_functions = 0 CONST,
    max_execution_time = 30 MIN 1 MAX 70 CHANGEABLE_IN_READONLY,
    timeout_before_checking_execution_speed = 0,
    max_memory_usage = 1000000000,
    max_memory_usage_for_user = 2000000000,
    max_result_rows = 10000000 MIN 1 MAX 10000000 CHANGEABLE_IN_READONLY,
    max_result_bytes = 1000000000,
    max_rows_to_read = 2000000000,
    max_concurrent_queries_for_user = 8,
    max_threads = 4 MIN 1 MAX 4 CHANGEABLE_IN_READONLY,
    max_query_size = 1048576,
    max_temporary_data_on_disk_size_for_user = 2000000000,
    max_block_size MIN 1 MAX 65536 CHANGEABLE_IN_READONLY,
    result_overflow_mode CHANGEABLE_IN_READONLY,
    join_use_nulls CHANGEABLE_IN_READONLY,
    session_timezone CHANGEABLE_IN_READONLY,
    date_time_input_format CHANGEABLE_IN_READONLY,
    date_time_output_format CHANGEABLE_IN_READONLY,
    output_format_json_quote_64bit_integers CHANGEABLE_IN_READONLY,
    output_format_native_use_flattened_dynamic_and_json_serialization CHANGEABLE_IN_READONLY,
    cancel_http_readonly_queries_on_client_close CHANGEABLE_IN_READONLY,
    describe_compact_output CHANGEABLE_IN_READONLY,
    enable_http_compression CHANGEABLE_IN_READONLY,
    log_comment CHANGEABLE_IN_READONLY;

CREATE QUOTA OR REPLACE tidemark_analyst KEYED BY user_name
    FOR INTERVAL 1 hour MAX queries = 20000, errors = 2000, execution_time = 7200;

CREATE ROLE IF NOT EXISTS tidemark_analyst SETTINGS PROFILE 'tidemark_analyst';

GRANT SHOW DATABASES, SHOW TABLES, SHOW COLUMNS, SHOW DICTIONARIES, SELECT, dictGet ON tidemark.* TO tidemark_analyst;

CREATE USER IF NOT EXISTS analyst IDENTIFIED WITH sha256_hash BY '0000000000000000000000000000000000000000000000000000000000000000'
    DEFAULT DATABASE tidemark SETTINGS PROFILE 'tidemark_analyst';

-- Each person with a dashboard asks up to 6 questions at once.
CREATE USER IF NOT EXISTS grafana IDENTIFIED WITH sha256_hash BY '0000000000000000000000000000000000000000000000000000000000000000'
    DEFAULT DATABASE tidemark SETTINGS PROFILE 'tidemark_analyst', max_concurrent_queries_for_user = 32;

GRANT tidemark_analyst TO analyst, grafana;

ALTER QUOTA tidemark_analyst TO analyst;
